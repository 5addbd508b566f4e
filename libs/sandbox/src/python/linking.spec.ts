import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, it } from 'vitest';
import { encodeArgumentCounter } from './argument-counter.ts';
import { initialPages, linking, neededExports, pageBytes } from './linking.ts';
import { findSegments } from './python-image.ts';
import { encodeRestoreModule } from './restore-module.ts';
import { slimModule } from './wasm-binary.ts';

const folder = path.dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
const loader = readFileSync(path.join(folder, 'pyodide.asm.js'), 'utf8');
const numberAfter = (pattern: RegExp) => Number(pattern.exec(loader)?.[1]);

it('knows where the linker put things, as the package’s own loader does', () => {
  const theirs = {
    stackLow: numberAfter(/___stack_low=(\d+)/u),
    stackHigh: numberAfter(/___stack_high=(\d+)/u),
    memoryBase: numberAfter(/___memory_base=[^;]*?mutable:false\},(\d+)/u),
  };
  expect(numberAfter(/___heap_base=(\d+)/u)).toBe(theirs.stackHigh);
  // Ours to choose, as long as all is aligned: theirs are the data, the stack and the heap, ours the stack, the data and the
  // heap.
  const stackBytes = linking.stackHigh - (linking.stackHigh % 16) - theirs.memoryBase;
  expect(linking).toEqual({
    stackLow: theirs.memoryBase,
    stackHigh: theirs.memoryBase + stackBytes,
    memoryBase: theirs.memoryBase + stackBytes,
    heapBase: theirs.stackLow + stackBytes,
    tableBase: numberAfter(/___table_base=[^;]*?mutable:false\},(\d+)/u),
    tableLength: numberAfter(/wasmTable=new WebAssembly\.Table\(\{initial:(\d+)/u),
  });
  expect(initialPages * pageBytes).toBe(numberAfter(/"INITIAL_MEMORY"\]\|\|(\d+)/u) + stackBytes);
});

it('makes a module that the engine takes and that is smaller, and refuses one that lacks what programs call', () => {
  const wasm = readFileSync(path.join(folder, 'pyodide.asm.wasm'));
  const slim = slimModule(wasm, { exports: neededExports, renameImport: (name) => name });
  expect(slim.length).toBeLessThan(wasm.length * 0.6);
  expect(() => new WebAssembly.Module(slim)).not.toThrow();
  const lacking = { exports: new Set(['nothing_of_that_name']), renameImport: (name: string) => name };
  expect(() => slimModule(wasm, lacking)).toThrow(/is missing/u);
});

it('gives imports their new names, functions and globals, and leaves the rest as they are', () => {
  const wasm = readFileSync(path.join(folder, 'pyodide.asm.wasm'));
  const slim = slimModule(wasm, { exports: neededExports, renameImport: (_name, kind) => `any ${kind}` });
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(slim));
  expect(imports).toHaveLength(WebAssembly.Module.imports(new WebAssembly.Module(wasm)).length);
  for (const { name, kind } of imports) {
    expect(name).toBe(
      kind === 'function' || kind === 'global'
        ? `any ${kind}`
        : { ...{ memory: 'memory' }, tag: name, table: '__indirect_function_table' }[kind],
    );
  }
});

it('counts the arguments of a function', () => {
  const table = new WebAssembly.Table({ initial: 1, element: 'anyfunc' });
  const counter = new WebAssembly.Instance(new WebAssembly.Module(encodeArgumentCounter()), {
    e: { t: table },
  });
  const count = counter.exports.f as (entry: number) => number;
  table.set(0, count);
  expect(count(0)).toBe(1);
});

it('restores a memory byte for byte, whatever was in it', () => {
  const original = new Uint8Array(2 * pageBytes);
  for (const at of [5, 9_000, 70_000, 2 * pageBytes - 1]) original[at] = 200;
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65_536, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(77);
  const module = new WebAssembly.Module(encodeRestoreModule(findSegments(original), 2));
  (new WebAssembly.Instance(module, { e: { m: memory } }).exports.r as () => void)();
  expect(Buffer.compare(bytes, original)).toBe(0);
});
