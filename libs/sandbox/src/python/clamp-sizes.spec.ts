import { expect, it } from 'vitest';
import { packageFile } from './build-image.ts';
import { clampSizes } from './clamp-sizes.ts';
import { callsIn } from './wasm-calls.ts';

const wasm = packageFile('pyodide.asm.wasm');

it('finds the calls of a function, past instructions with numbers of their own', () => {
  const [constant, load, table, bulk, call, end] = [0x41, 0x28, 0x0e, 0xfc, 0x10, 0x0b];
  const code = [
    ...[1, 2, 0x7f],
    ...[constant, 0x90, 0x10, load, 2, 0x10],
    ...[table, 2, 0x10, 0, 1],
    ...[bulk, 10, 0, 0],
    ...[call, 0xb2, 0x01, 0x44, 0x10, 1, 2, 3, 4, 5, 6, 7, call, 3, end],
  ];
  expect([...callsIn(Uint8Array.from(code))]).toEqual([
    { callee: 178, position: 19, bytes: 2 },
    { callee: 3, position: 31, bytes: 1 },
  ]);
  expect(() => [...callsIn(Uint8Array.from([0, 0xfd, 0]))]).toThrow(/instruction 253/u);
});

it('adds three functions to the module, and refuses to change what reads no size', () => {
  const changed = clampSizes(wasm, { entries: [], exports: ['PyNumber_Multiply'] });
  expect(changed.length - wasm.length).toBeGreaterThan(0);
  expect(changed.length - wasm.length).toBeLessThan(300);
  expect(() => new WebAssembly.Module(changed)).not.toThrow();
  expect(() => clampSizes(wasm, { entries: [], exports: ['PyErr_Clear'] })).toThrow(
    /a size in function \d+ is missing/u,
  );
});
