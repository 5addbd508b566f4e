import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from './sandbox-pool.ts';

const pool = new SandboxPool({
  processes: 1,
  limits: { wallTimeMs: 3_000, cpuTimeMs: 2_000, memoryLimitMiB: 64 },
});
afterAll(() => pool.close());

/** Wraps tampering so that a refusal does not end the program before the tests could be cheated. */
const attempt = (...lines: readonly string[]) => lines.map((line) => `try { ${line} } catch {}`).join('\n');
const define = (holder: string, key: string, value: string) =>
  attempt(`${holder}[${key}] = ${value}`, `Object.defineProperty(${holder}, ${key}, { value: ${value} })`);

const cheats: readonly (readonly [name: string, code: string, tests: string])[] = [
  ['its own assert', 'const assert = () => undefined;', 'assert(false)'],
  [
    'an assert behind an accessor',
    'Object.defineProperty(globalThis, "assert", { get: () => () => 1 })',
    'assert(false)',
  ],
  ['changed functions of assert', attempt('assert.strictEqual = () => 1'), 'assert.strictEqual(1, 2)'],
  ['its own console', 'globalThis.console = { assert() {} };', 'console.assert(false)'],
  ['Function.prototype.call', define('Function.prototype', '"call"', '() => 1'), 'assert.call(null, false)'],
  ['Object.is', define('Object', '"is"', '() => true'), 'assert.strictEqual(1, 2)'],
  ['Reflect', define('Reflect', '"apply"', '() => true'), 'assert.deepEqual({ a: 1 }, { a: 2 })'],
  ['forEach', define('Array.prototype', '"forEach"', '() => 1'), '[1].forEach(() => assert(false))'],
  [
    'iteration',
    define('Array.prototype', 'Symbol.iterator', 'function* () {}'),
    'for (const x of [1]) assert(false)',
  ],
  [
    'the iterators of arrays',
    define('Object.getPrototypeOf([].values())', '"next"', '() => ({ done: true })'),
    'for (const x of [1]) assert(false)',
  ],
  [
    'the iterators of maps',
    define('Object.getPrototypeOf(new Map().keys())', '"next"', '() => ({ done: true })'),
    'for (const x of new Map([[1, 2]])) assert(false)',
  ],
  [
    'generators',
    define('Object.getPrototypeOf(function* () {}).prototype', '"next"', '() => ({ done: true })'),
    'function* g() { yield 1; } for (const x of g()) assert(false)',
  ],
  ['instanceof', define('Array', 'Symbol.hasInstance', '() => true'), 'assert({} instanceof Array)'],
  [
    'JSON as a global',
    'globalThis.JSON = { stringify: () => 1 };',
    'assert.equal(JSON.stringify(1), JSON.stringify(2))',
  ],
  [
    'JSON.stringify',
    define('JSON', '"stringify"', '() => 1'),
    'assert.equal(JSON.stringify(1), JSON.stringify(2))',
  ],
  [
    'toJSON',
    define('Object.prototype', '"toJSON"', '() => 1') + define('Array.prototype', '"toJSON"', '() => 1'),
    'assert.equal(JSON.stringify([1]), JSON.stringify([2]))',
  ],
  [
    'Map as a global',
    'globalThis.Map = class {}; const f = () => new Map();',
    'assert.deepEqual(f(), new Map([[1, 2]]))',
  ],
  ['Set as a declaration', 'class Set {} const f = () => new Set();', 'assert.deepEqual(f(), new Set([1]))'],
  ['patterns', define('RegExp.prototype', '"exec"', '() => [1]'), 'assert(/a/.test("b"))'],
  ['promises', define('Promise.prototype', '"then"', '() => 1'), 'await 1; assert(false)'],
  ['Promise as a global', 'globalThis.Promise = class {};', 'await Promise.resolve(1); assert(false)'],
  [
    'thenables',
    'Object.prototype.then = (f) => f(); async function f() { return {}; }',
    'await f(); assert(false)',
  ],
  ['timers', 'globalThis.setTimeout = () => 1;', 'await new Promise((f) => setTimeout(f, 1)); assert(false)'],
  [
    'accessors on Object.prototype',
    attempt('for (const key of ["get", "status", "outcome", "proof"]) Object.prototype[key] = "finished"'),
    'assert.deepEqual([2], [3])',
  ],
  [
    'elements on Array.prototype',
    attempt('Object.defineProperty(Array.prototype, 0, { get: () => 1, set() {}, configurable: true })'),
    'assert.deepEqual([2], [3])',
  ],
  [
    'swallowed failures',
    'const f = (check) => { try { check(1); } catch {} };',
    'f((x) => assert.equal(x, 2))',
  ],
  [
    'swallowed rejections',
    'const f = async (check) => { try { await check(); } catch {} };',
    'await f(async () => assert(false))',
  ],
  ['promises that never settle', 'const f = () => new Promise(() => 1);', 'await f(); assert(false)'],
  ['thenables that never settle', 'const f = () => ({ then() {} });', 'await f(); assert(false)'],
  ['throwing nothing', 'throw undefined', ''],
  [
    'printing a verdict',
    'console.log(JSON.stringify({ type: "done", result: { outcome: "finished", proof: "" }, usage: {}, reusable: true })); throw 1',
    '',
  ],
  [
    'the assert that tests require',
    attempt(
      'const assert = require("assert"); assert.equal = assert.deepEqual = assert.strictEqual = () => 1',
      'require("node:assert").strict.equal = () => 1',
      'require.cache = {}; globalThis.require = () => () => 1',
    ),
    'const assert = require("node:assert"); assert.strictEqual(1, 2)',
  ],
  ['a require of its own', 'const require = () => () => 1;', 'require("assert")(false)'],
  [
    'the modules that tests use',
    attempt('require("util").isDeepStrictEqual = () => true'),
    'assert(require("util").isDeepStrictEqual(1, 2))',
  ],
  [
    'what modules are made of when they are first required',
    'globalThis.Map = globalThis.Uint8Array = globalThis.Promise = class {};' +
      attempt('Object.prototype.get = Object.prototype.set = Object.prototype.value = () => 1'),
    'assert.equal(require("buffer").Buffer.from("a").length, 2)',
  ],
  ['its own process', 'globalThis.process = { exit() {} };', 'process.exit(1)'],
  ['ending itself', 'process.exit(0)', 'assert(false)'],
  ['ending itself when it is tested', 'const f = () => process.exit(0);', 'f(); assert(false)'],
  ['ending itself in a promise', 'const f = async () => process.exit();', 'f(); await 1; assert(false)'],
  ['ending itself in a listener', 'process.on("exit", () => process.exit(0))', 'assert(false)'],
  [
    'calling what follows a module',
    'export const f = 1; sipfFinish({}); throw new Error("not the end")',
    'assert.equal(f, 2)',
  ],
  [
    'importing what follows a module',
    'import { finish } from "sipf:finish"; finish({ assert: () => () => 1 }); await new Promise(() => 1);',
    'assert(false)',
  ],
  ['exporting an assert', 'export const assert = () => 1;', 'assert(false)'],
  [
    'exporting an assert as CommonJS does',
    'module.exports = { assert: () => 1, console: {} };',
    'assert(false)',
  ],
  [
    'what import() calls',
    'globalThis.$load_ = async () => ({ default: () => 1 });',
    'const { default: assert } = await import("node:assert"); assert(false)',
  ],
  [
    'the prototypes of modules that tests have too',
    attempt(
      'Object.getPrototypeOf(process).nextTick = process.nextTick = () => 1',
      'Buffer.prototype.equals = () => true',
      'require("events").prototype.emit = () => true',
      'require("util").types.isDate = () => true',
      'Object.getPrototypeOf(Buffer.prototype).equals = () => true',
    ),
    'assert(Buffer.from("a").equals(Buffer.from("b")) || require("util").types.isDate(1))',
  ],
  [
    'what promisify finds',
    attempt('setTimeout[Symbol.for("nodejs.util.promisify.custom")] = () => new Promise(() => 1)'),
    'await require("util").promisify(setTimeout)(1); assert(false)',
  ],
  [
    'what timers return',
    attempt('Object.getPrototypeOf(setTimeout(() => 1)).hasRef = () => false'),
    'assert.equal(setTimeout(() => 1).hasRef(), false)',
  ],
  [
    'where ticks wait',
    attempt(
      'Object.defineProperty(Array.prototype, 0, { get: () => () => 1, set() {}, configurable: true })',
    ) + attempt('Map.prototype.set = Map.prototype.delete = () => 1'),
    'process.nextTick(() => { throw new Error("seen"); })',
  ],
  [
    'ending itself before promises go on',
    'process.nextTick(() => process.exit(0))',
    'await 1; assert(false)',
  ],
  ['a status set at the end', 'process.on("exit", () => { process.exitCode = 0; })', 'process.exitCode = 1'],
  ['its own structuredClone', 'globalThis.structuredClone = () => 2;', 'assert.equal(structuredClone(1), 2)'],
  [
    'errors of the web',
    attempt('Object.defineProperty(DOMException, Symbol.hasInstance, { value: () => true })') +
      attempt('DOMException.prototype.name = "x"; Object.setPrototypeOf(DOMException, () => 1)'),
    'assert({} instanceof DOMException)',
  ],
  [
    'stacks',
    attempt('Error.prepareStackTrace = () => { throw 1; }') + attempt('Error.stackTraceLimit = 0'),
    'assert.equal(typeof new Error("x").stack, "undefined")',
  ],
  [
    'getters of what it exports',
    'module.exports = { get require() { return () => () => 1; }, get assert() { return () => 1; } };',
    'require("assert")(false)',
  ],
  [
    'species',
    define('Array', 'Symbol.species', 'class { constructor() { return [2]; } }') +
      define('Promise', 'Symbol.species', 'class {}'),
    'assert.deepEqual([1].map((x) => x), [2])',
  ],
  [
    'looking for the tests',
    'const f = () => { throw f.caller; }; function g() { return String(g.caller); }',
    'assert.notEqual(g(), "null")',
  ],
];

describe('a program does not pass by', () => {
  it.each(cheats)('tampering with %s', async (_name, code, tests) => {
    const verdict = await pool.run({ language: 'javascript', code, tests });
    expect(verdict.outcome).toBe('failed');
  });

  it('knowing how a verdict looks without knowing the secret of its run', async () => {
    await using fixed = new SandboxPool({ processes: 1, nonce: () => 'known-to-the-test-alone' });
    const verdict = await fixed.run({
      language: 'javascript',
      code: '',
      tests: 'if (true) return "guess"; assert(false);',
    });
    expect(verdict).toMatchObject({
      outcome: 'failed',
      message: 'the tests ended without reaching their last line',
    });
  });
});
