import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from './sandbox-pool.ts';

const pool = new SandboxPool({
  processes: 1,
  limits: { wallTimeMs: 2_500, cpuTimeMs: 300, memoryLimitMiB: 24, maxOutputBytes: 2_000 },
});
afterAll(() => pool.close());

type Ending = 'timed-out' | 'out-of-memory' | 'output-limit' | 'failed';
const hostile: readonly (readonly [name: string, code: string, ...endings: Ending[]])[] = [
  ['an endless loop', 'for (;;);', 'timed-out'],
  ['an endless loop that catches', 'for (;;) try { for (;;); } catch {}', 'timed-out'],
  ['backtracking', '/^(a+)+$/.test("a".repeat(40) + "b")', 'timed-out'],
  ['squared big integers', 'let x = 3n; for (;;) x = x * x;', 'timed-out', 'out-of-memory', 'failed'],
  [
    'an endless chain of promises',
    'const f = () => Promise.resolve().then(f); f();',
    'timed-out',
    'out-of-memory',
  ],
  ['an endless await', '(async () => { for (;;) await 0; })()', 'timed-out'],
  ['an endless interval', 'setInterval(() => 0, 1)', 'timed-out'],
  ['a getter without end', 'throw { get message() { for (;;); } }', 'timed-out'],
  ['a proxy without end', 'throw new Proxy({}, { get() { for (;;); } })', 'timed-out'],
  [
    'an error whose stack never ends',
    'const e = new Error(); Object.defineProperty(e, "stack", { get() { for (;;); } }); throw e',
    'timed-out',
  ],
  ['recursion', 'function f() { f(); } f();', 'failed'],
  ['recursion that recovers', 'function f() { try { f(); } finally { f(); } } f();', 'timed-out'],
  ['endless arrays', 'const a = []; for (;;) a.push(new Array(1000).fill(1));', 'out-of-memory', 'timed-out'],
  ['endless objects', 'const a = []; for (;;) a.push({ a: [1] });', 'out-of-memory', 'timed-out'],
  [
    'an endless map',
    'const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });',
    'out-of-memory',
    'timed-out',
  ],
  ['a huge sort', 'new Array(1e8).fill(0).sort()', 'out-of-memory', 'timed-out'],
  [
    'endless text',
    'const a = []; for (;;) a.push("x".repeat(1e6) + a.length);',
    'out-of-memory',
    'timed-out',
  ],
  ['endless buffers', 'const a = []; for (;;) a.push(new ArrayBuffer(1e6));', 'out-of-memory', 'timed-out'],
  ['a flood of output', 'for (;;) try { console.log("x".repeat(100)); } catch {}', 'output-limit'],
  ['one huge line', 'console.log("x".repeat(1e6))', 'output-limit'],
];

describe('the pool serves on after', () => {
  it.each(hostile)('%s', async (_name, code, ...endings) => {
    const verdict = await pool.run({ language: 'javascript', code });
    expect(endings).toContain(verdict.outcome);
    const next = await pool.run({
      language: 'javascript',
      code: 'const f = () => 4;',
      tests: 'assert.equal(f(), 4);',
    });
    expect(next).toMatchObject({ outcome: 'passed' });
  });

  it('a program that prints before it hangs, whose output is kept', async () => {
    const verdict = await pool.run({ language: 'javascript', code: 'console.log("here"); for (;;);' });
    expect(verdict).toMatchObject({ outcome: 'timed-out', clock: 'cpu', limitMs: 300, stdout: 'here\n' });
  });

  it('text that fills the memory before it runs', async () => {
    const limits = { memoryLimitMiB: 8 };
    const code = `const f = [${'{a:1},'.repeat(160_000)}]`;
    const verdict = await pool.run({ language: 'javascript', code }, { limits });
    expect(['out-of-memory', 'timed-out']).toContain(verdict.outcome);
    const small = await pool.run({ language: 'javascript', code: '1' }, { limits });
    expect(small).toMatchObject({ outcome: 'passed' });
  });

  it('a program that runs past its wall time', async () => {
    const limits = { wallTimeMs: 60 };
    const verdict = await pool.run({ language: 'javascript', code: 'for (;;);' }, { limits });
    expect(verdict).toMatchObject({ outcome: 'timed-out', clock: 'wall', limitMs: 60 });
  });
});
