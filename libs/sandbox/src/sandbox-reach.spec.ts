import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from './sandbox-pool.ts';

const pool = new SandboxPool({
  processes: 1,
  limits: { wallTimeMs: 3_000, cpuTimeMs: 2_000, memoryLimitMiB: 64 },
});
afterAll(() => pool.close());

const names = ['fetch', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'ivm', 'Deno', 'XMLHttpRequest'];
/** What the realm's own `process` has not, though the host's has. */
const members = ['binding', 'dlopen', 'kill', 'getBuiltinModule', 'mainModule', 'loadEnvFile'];
const modules = [
  'child_process',
  'net',
  'http',
  'vm',
  'module',
  'worker_threads',
  'inspector',
  'dns',
  'lodash',
  './x',
];

const escapes: readonly (readonly [name: string, expression: string])[] = [
  ['a constructor', '[].constructor.constructor("return typeof fetch + typeof process.binding")()'],
  ['indirect eval', '(0, eval)("typeof fetch + typeof process.binding")'],
  ['the console', 'console.log.constructor("return typeof fetch + typeof process.binding")()'],
  ['assert', 'assert.throws.constructor("return typeof fetch + typeof process.binding")()'],
  ['a timer', 'setTimeout.constructor("return typeof fetch + typeof process.binding")()'],
  [
    'an async function',
    '(async () => 1).constructor("throw typeof fetch")().constructor.constructor("return typeof fetch + typeof process.binding")()',
  ],
  ['this', '(function () { return typeof this.fetch + typeof this.process.binding; })()'],
  [
    'an error of the host',
    '(() => { try { console.log(Symbol()); null.x; } catch (e) { return e.constructor.constructor("return typeof fetch + typeof process.binding")(); } })()',
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

  it.each(members)('by process.%s', async (name) => {
    const verdict = await pool.run({ language: 'javascript', code: `console.log(typeof process.${name})` });
    expect(verdict).toMatchObject({ outcome: 'passed', stdout: 'undefined\n' });
  });

  it.each(modules)('by requiring or importing %s', async (name) => {
    const message = expect.stringContaining(`Cannot find module '${name}'`) as string;
    for (const code of [
      `require("${name}")`,
      `import "${name}"`,
      `import x from "${name}"`,
      `await import("${name}")`,
    ]) {
      expect(await pool.run({ language: 'javascript', code })).toMatchObject({ outcome: 'failed', message });
    }
  });

  it('of any file', async () => {
    const code = `const fs = require('fs');
      for (const path of ['/etc/passwd', '/proc/self/environ', __filename, '.', 5]) {
        try { fs.readFileSync(path); console.log(path); } catch ({ code }) { console.log(code); }
      }`;
    const { stdout } = await pool.run({ language: 'javascript', code });
    expect(stdout).toBe('ENOENT\nENOENT\nENOENT\nENOENT\nEBADF\n');
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
