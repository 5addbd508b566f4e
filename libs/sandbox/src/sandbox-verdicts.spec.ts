import { afterAll, describe, expect, it } from 'vitest';
import type { Program } from './program.ts';
import { SandboxPool } from './sandbox-pool.ts';

const pool = new SandboxPool({
  processes: 1,
  limits: { wallTimeMs: 5_000, cpuTimeMs: 3_000, memoryLimitMiB: 64 },
});
afterAll(() => pool.close());

const judge = (code: string, tests = '', rest: Partial<Program> = {}) =>
  pool.run({ language: 'javascript', code, tests, ...rest });

describe('verdicts', () => {
  it('pass a program whose tests hold, with its output, its use and the engine', async () => {
    const code =
      'const add = (a, b) => a + b; console.log("sum", { a: [1, add(1, 1)] }); console.error("note");';
    const verdict = await judge(
      code,
      'assert.equal(add(2, 3), 5);\nassert.deepStrictEqual([add(0, 0)], [0]);',
    );
    expect(verdict).toMatchObject({ outcome: 'passed', stdout: 'sum { a: [ 1, 2 ] }\n', stderr: 'note\n' });
    expect(verdict.engine).toMatch(/^v8 [\d.]+\S* \(node 24\.[\d.]+\)$/u);
    expect(verdict.cpuTimeMs).toBeGreaterThan(0);
    expect(verdict.memoryMiB).toBeGreaterThan(0.5);
    expect(verdict.limits).toEqual(pool.limits);
  });

  it('distinguish a failed assertion from an exception, with the lines of the program only', async () => {
    const wrong = await judge('function f(a) { return a; }', '\nassert.strictEqual(f(1), 2);');
    expect(wrong).toMatchObject({ outcome: 'failed', kind: 'assertion' });
    expect(wrong).toHaveProperty('message', 'AssertionError: expected 1 === 2');
    expect(wrong).toHaveProperty('stack', '    at tests.js:2:8');
    const broken = await judge('function f() {\n  return null.x;\n}', 'f();');
    expect(broken).toMatchObject({ outcome: 'failed', kind: 'exception' });
    expect(JSON.stringify(broken)).toContain('program.js:2:15');
    expect(JSON.stringify(broken)).not.toMatch(/sandbox:realm|file:|node_modules|\/libs\//u);
  });

  it('describe whatever is thrown', async () => {
    const object = await judge('throw { a: 1 }');
    expect(object).toMatchObject({ outcome: 'failed', message: 'thrown: an object that is not an Error' });
    expect(await judge('throw 5')).toMatchObject({ outcome: 'failed', message: 'thrown: 5' });
    expect(await judge('', 'throw { a: 1 }')).toMatchObject({
      outcome: 'failed',
      message: 'thrown: { a: 1 }',
    });
    const own =
      'class Own extends Error { constructor(m) { super(m); this.name = "Own"; } } throw new Own("m")';
    expect(await judge(own)).toMatchObject({ outcome: 'failed', kind: 'exception', message: 'Own: m' });
    expect(await judge('', own)).toMatchObject({ outcome: 'failed', kind: 'exception', message: 'Own: m' });
  });

  it('say where a syntax error is', async () => {
    expect(await judge('let = = 1')).toMatchObject({ outcome: 'syntax-error', where: 'code' });
    expect(await judge('1', 'let = = 1')).toMatchObject({ outcome: 'syntax-error', where: 'tests' });
    const typed = await judge('const x: = 1', '', { language: 'typescript' });
    expect(typed).toMatchObject({ outcome: 'syntax-error', where: 'code' });
  });

  it('run TypeScript, enums included, and survive text that breaks its compiler', async () => {
    const code = 'enum Kind { A = 3 } const f = (a: number): number => a + Kind.A; interface X { y: string }';
    const tests = 'const wanted: number = 4; assert.equal(f(1), wanted);';
    expect(await judge(code, tests, { language: 'typescript' })).toMatchObject({ outcome: 'passed' });
    const deep = await judge('('.repeat(100_000), '', { language: 'typescript' });
    expect(deep).toMatchObject({ outcome: 'syntax-error' });
    expect(await judge(code, tests, { language: 'typescript' })).toMatchObject({ outcome: 'passed' });
  });

  it('wait for promises and timers, whose time is not real', async () => {
    const code = 'const later = (x) => new Promise((resolve) => setTimeout(resolve, 3_600_000, x));';
    const verdict = await judge(code, 'assert.equal(await later(7), 7);');
    expect(verdict).toMatchObject({ outcome: 'passed' });
    const order = 'const seen = []; setTimeout(() => seen.push(2), 20); setTimeout(() => seen.push(1), 10);';
    const tests = 'await new Promise((resolve) => setTimeout(resolve, 30)); assert.deepEqual(seen, [1, 2]);';
    expect(await judge(order, tests)).toMatchObject({ outcome: 'passed' });
  });

  it('fail on what goes wrong unseen: rejections, late timers, awaits that never end', async () => {
    expect(await judge('Promise.reject(new Error("lost"))')).toMatchObject({
      outcome: 'failed',
      message: 'Error: lost',
    });
    const late = await judge('', 'setTimeout(() => assert(false), 5)');
    expect(late).toMatchObject({ outcome: 'failed', kind: 'assertion' });
    const unawaited = await judge('', '(async () => { assert(false); })()');
    expect(unawaited).toMatchObject({ outcome: 'failed', kind: 'assertion' });
    const endless = await judge('', 'await new Promise(() => undefined);');
    expect(endless).toMatchObject({ outcome: 'failed', kind: 'exception' });
  });

  it('offer the input as text and line by line', async () => {
    const tests = 'assert.deepEqual([readline(), readline(), readline(), stdin], ["a", "b", null, "a\\nb"]);';
    expect(await judge('', tests, { stdin: 'a\nb' })).toMatchObject({ outcome: 'passed' });
  });

  it('leave programs free to shadow what they inherit and to declare what they like', async () => {
    const code = `
      function Old() {} Old.prototype = Object.create(Error.prototype);
      Old.prototype.constructor = Old; Old.prototype.toString = function () { return 'old'; };
      class Cache extends Map { constructor() { super(); this.keys = ['k']; } }
      const assert = () => { throw new Error('own assert'); }; class Iterator {} const console = null;
      String.prototype.shout = function () { return this.toUpperCase() + '!'; };`;
    const tests = `
      assert.equal(String(new Old()), 'old'); assert.equal(new Old().constructor, Old);
      assert.deepEqual(new Cache().keys, ['k']); assert.equal('a'.shout(), 'A!');`;
    expect(await judge(code, tests)).toMatchObject({ outcome: 'passed' });
  });

  it('repeat: the same program draws the same random numbers', async () => {
    const [first, second] = [
      await judge('console.log(Math.random())'),
      await judge('console.log(Math.random())'),
    ];
    expect(first.stdout).toMatch(/^0\.\d+\n$/u);
    expect(second.stdout).toBe(first.stdout);
  });

  it.each([
    ['assert.deepStrictEqual(new Map([[{ a: 1 }, [2]]]), new Map([[{ a: 1 }, [2]]]))', 'passed'],
    ['assert.deepStrictEqual(new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }]))', 'passed'],
    ['assert.deepStrictEqual(new Set([{ a: 1 }, { a: 1 }]), new Set([{ a: 2 }, { a: 1 }]))', 'failed'],
    ['assert.deepStrictEqual([1, , 3], [1, undefined, 3])', 'failed'],
    ['assert.deepStrictEqual({ a: "1" }, { a: 1 })', 'failed'],
    ['assert.deepEqual({ a: "1" }, { a: 1 })', 'passed'],
    ['assert.deepStrictEqual(new Date(1), new Date(2))', 'failed'],
    ['assert.deepStrictEqual([NaN, new Date(1), /a/g], [NaN, new Date(1), /a/g])', 'passed'],
    ['assert.deepStrictEqual(0, -0)', 'failed'],
    ['const a = {}; a.a = a; const b = {}; b.a = b; assert.deepStrictEqual(a, b)', 'passed'],
    ['assert.notDeepStrictEqual([1], [1])', 'failed'],
    ['assert.throws(() => { throw new TypeError("bad") }, TypeError)', 'passed'],
    ['assert.throws(() => { throw new TypeError("bad") }, RangeError)', 'failed'],
    ['assert.throws(() => { throw new TypeError("bad") }, /good/)', 'failed'],
    ['assert.throws(() => 1)', 'failed'],
    ['await assert.rejects(Promise.reject(new Error("x")), { message: "x" })', 'passed'],
    ['await assert.rejects(Promise.resolve(1))', 'failed'],
    ['console.assert(false)', 'failed'],
    ['assert.throws(() => assert(false)); assert.match("abc", /b/)', 'passed'],
  ])('judge as Node does: %s', async (tests, outcome) => {
    expect((await judge('', tests)).outcome).toBe(outcome);
  });
});
