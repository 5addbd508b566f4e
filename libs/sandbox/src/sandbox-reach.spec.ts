import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from './sandbox-pool.ts';

const pool = new SandboxPool({
  processes: 1,
  limits: { wallTimeMs: 3_000, cpuTimeMs: 2_000, memoryLimitMiB: 64 },
});
afterAll(() => pool.close());

const names = [
  'process',
  'require',
  'module',
  'fetch',
  'WebAssembly',
  'SharedArrayBuffer',
  'Atomics',
  'Buffer',
  'ivm',
  'Deno',
];

const escapes: readonly (readonly [name: string, expression: string])[] = [
  ['a constructor', '[].constructor.constructor("return typeof process + typeof require")()'],
  ['indirect eval', '(0, eval)("typeof process + typeof require")'],
  ['the console', 'console.log.constructor("return typeof process + typeof require")()'],
  ['assert', 'assert.throws.constructor("return typeof process + typeof require")()'],
  ['a timer', 'setTimeout.constructor("return typeof process + typeof require")()'],
  [
    'an async function',
    '(async () => 1).constructor("throw typeof process")().constructor.constructor("return typeof process + typeof require")()',
  ],
  ['this', '(function () { return typeof this.process + typeof this.require; })()'],
  [
    'an error of the host',
    '(() => { try { console.log(Symbol()); null.x; } catch (e) { return e.constructor.constructor("return typeof process + typeof require")(); } })()',
  ],
  [
    'stack frames',
    '(() => { Error.prepareStackTrace = (e, frames) => frames; const s = new Error().stack; return typeof s === "string" ? "undefinedundefined" : "frames"; })()',
  ],
];

describe('a program reaches nothing', () => {
  it.each(names)('not even the name %s', async (name) => {
    const verdict = await pool.run({ language: 'javascript', code: `console.log(typeof ${name})` });
    expect(verdict).toMatchObject({ outcome: 'passed', stdout: 'undefined\n' });
  });

  it.each(escapes)('through %s', async (_name, expression) => {
    const verdict = await pool.run({ language: 'javascript', code: `console.log(${expression})` });
    expect(verdict.stdout).toMatch(/undefinedundefined\n$/u);
  });

  it('by import, static or dynamic', async () => {
    const later = await pool.run({ language: 'javascript', code: 'import("node:fs")' });
    expect(later).toMatchObject({ outcome: 'failed', message: 'Error: Not supported' });
    const first = await pool.run({ language: 'javascript', code: 'import "node:fs"' });
    expect(first).toMatchObject({ outcome: 'syntax-error' });
  });

  it('of the program before it, which changed all it could', async () => {
    const poison = `
      for (const name of Object.getOwnPropertyNames(globalThis)) try { globalThis[name] = null; } catch {}
      globalThis.left = 1; Object.prototype.left = 2; Array.prototype.left = 3;`;
    await pool.run({ language: 'javascript', code: poison });
    const [pid] = pool.pids;
    const code =
      'var found = [typeof left, typeof [].left, typeof ({}).left, Math.max(1, 2), Array.isArray([])];';
    const tests = 'assert.deepEqual(found, ["undefined", "undefined", "undefined", 2, true]);';
    expect(await pool.run({ language: 'javascript', code, tests })).toMatchObject({ outcome: 'passed' });
    expect(pool.pids).toEqual([pid]);
  });
});
