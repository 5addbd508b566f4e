import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from './sandbox-pool.ts';
import { openNode } from './testing/run-in-node.ts';

const pool = new SandboxPool({
  processes: 1,
  limits: { wallTimeMs: 5_000, cpuTimeMs: 4_000, memoryLimitMiB: 64 },
});
const node = openNode();
afterAll(async () => {
  node.close();
  await pool.close();
});

const long = `${'é中'.repeat(30_000)}\n${'a b\n'.repeat(20_000)}end`;
const openLines =
  "const rl = require('readline').createInterface({ input: process.stdin, output: process.stdout });";

type Case = readonly [name: string, code: string, stdin?: string];

/** Programs as people write them for judges with standard input, with an input of their own where `3 4\n5\n` will not do. */
const programs: readonly Case[] = [
  [
    'readFileSync(0) with an encoding',
    "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number); console.log(a + b);",
  ],
  [
    'readFileSync of /dev/stdin as bytes',
    "const all = require('fs').readFileSync('/dev/stdin').toString().trim().split('\\n'); console.log(all, all.length);",
  ],
  [
    'an option object, and nothing left the second time',
    "const fs = require('node:fs'); console.log([fs.readFileSync(0, { encoding: 'utf-8' }), fs.readFileSync(0, 'utf8')]);",
  ],
  [
    'bytes in other encodings',
    "const b = require('fs').readFileSync(0); console.log(b.toString('hex'), b.toString('base64'), b.length, b[0], b.slice(0, 2).toString('latin1'));",
  ],
  [
    'readSync line by line',
    "const fs = require('fs'); const b = Buffer.alloc(1); let line = ''; while (fs.readSync(0, b, 0, 1) === 1 && b[0] !== 10) line += b.toString(); console.log(line);",
  ],
  [
    'imports of every form',
    "import fs, { readFileSync } from 'node:fs'; import * as all from 'fs'; import { EOL } from 'os'; console.log(readFileSync(0, 'utf8').length, fs.existsSync('/no'), typeof all.readSync, typeof all.default, EOL.length);",
  ],
  [
    'a dynamic import and top-level await',
    "const { readFileSync } = await import('node:fs'); const later = await new Promise((f) => setTimeout(f, 5, 'x')); console.log(readFileSync(0, 'utf8').trim(), later);",
  ],
  [
    'lines passed to a listener',
    `${openLines} const all = []; rl.on('line', (line) => all.push(line)).on('close', () => console.log(all));`,
  ],
  [
    'lines without a last break, with returns, and empty ones',
    `${openLines} rl.on('line', (line) => console.log(JSON.stringify(line)));`,
    'a\r\n\r\nb\n\nc',
  ],
  [
    'lines in a loop',
    `${openLines} (async () => { let n = 0; for await (const line of rl) n += line.split(' ').length; console.log(n); })();`,
  ],
  [
    'lines in a loop at the top',
    "import readline from 'node:readline'; const rl = readline.createInterface({ input: process.stdin }); const all = []; for await (const line of rl) all.push(line); console.log(all);",
  ],
  [
    'a line that closes',
    `${openLines} rl.on('line', (line) => { console.log(line); rl.close(); }); rl.on('close', () => console.log('closed'));`,
  ],
  [
    'lines once',
    `${openLines} rl.once('line', (first) => { rl.once('line', (second) => console.log(first, second)); });`,
  ],
  [
    'prompts',
    `${openLines} rl.setPrompt('> '); rl.prompt(); rl.on('line', (line) => { console.log(line); rl.prompt(); });`,
  ],
  [
    'questions in questions',
    `${openLines} rl.question('a? ', (a) => rl.question('b? ', (b) => { console.log(a, b); rl.close(); }));`,
  ],
  [
    'questions as promises, whose second line is gone',
    "const rl = require('readline/promises').createInterface({ input: process.stdin, output: process.stdout }); (async () => { console.log(await rl.question('a? ')); console.log(await rl.question('b? ')); })();",
  ],
  [
    'one question as a promise',
    "import { createInterface } from 'node:readline/promises'; const rl = createInterface({ input: process.stdin }); console.log(await rl.question('')); rl.close();",
  ],
  [
    'a question made a promise',
    `const { promisify } = require('util'); ${openLines} const ask = (q) => new Promise((f) => rl.question(q, f)); ask('n ').then((n) => { console.log(n); rl.close(); });`,
  ],
  [
    'data and end',
    "let s = ''; process.stdin.setEncoding('utf8'); process.stdin.on('data', (c) => { s += c; }); process.stdin.on('end', () => console.log(s.split('\\n')));",
  ],
  [
    'resume, data as bytes',
    "process.stdin.resume(); const all = []; process.stdin.on('data', (c) => all.push(c)).on('end', () => console.log(Buffer.concat(all).toString(), Buffer.isBuffer(all[0])));",
  ],
  [
    'a long input in pieces',
    "let n = 0; let s = ''; process.stdin.setEncoding('utf8'); process.stdin.on('data', (c) => { n += 1; s += c; }).on('end', () => console.log(n > 1, s.length, s.slice(0, 3), s.slice(-3)));",
    long,
  ],
  [
    'a long input in lines',
    `${openLines} let n = 0; rl.on('line', (line) => { n += line.length; }).on('close', () => console.log(n));`,
    long,
  ],
  [
    'readable and read',
    "let s = ''; process.stdin.on('readable', () => { let c; while ((c = process.stdin.read()) !== null) s += c; }); process.stdin.on('end', () => console.log(s.length));",
  ],
  [
    'chunks in a loop',
    '(async () => { const all = []; for await (const c of process.stdin) all.push(c); console.log(Buffer.concat(all).toString()); })();',
  ],
  [
    'no input at all',
    "process.stdin.on('data', () => console.log('data')).on('end', () => console.log('end'));",
    '',
  ],
  [
    'output without breaks, in order with the console',
    "process.stdout.write('a'); console.log('b'); process.stdout.write('c\\n', () => console.log('d')); console.log([1.5, 'x', { y: [null, undefined] }], 'z', -0);",
  ],
  [
    'an exit with output before it',
    "console.log('a'); if (process.argv.length === 2) process.exit(0); console.log('b');",
  ],
  [
    'an exit that something catches',
    'try { console.log(1); process.exit(); } catch { console.log(2); } finally { console.log(3); }',
  ],
  [
    'listeners of the exit of every kind, and one that is gone',
    "const gone = () => console.log('gone'); process.once('exit', (c) => console.log('once', c)); process.addListener('exit', gone); process.off('exit', gone); process.addListener('exit', () => console.log('added')); process.on('exit', gone); process.removeListener('exit', gone);",
  ],
  ['input piped to output', 'process.stdin.pipe(process.stdout);'],
  [
    'bytes that are printed',
    "console.log(Buffer.from([1, 255]), Buffer.alloc(0), [Buffer.from('a')], Buffer.alloc(51), Buffer.alloc(60, 'x'), `${Buffer.from('b')}`, require('util').inspect({ b: Buffer.from('é') }));",
  ],
  [
    'a listener of the exit',
    "process.on('exit', (code) => console.log('bye', code)); process.exitCode = 0; setTimeout(() => console.log('late'), 1);",
  ],
  [
    'the guard of a main module',
    "function main() { console.log('main'); } if (require.main === module) main();",
  ],
  [
    'a return at the top',
    "const t = require('fs').readFileSync(0, 'utf8'); if (t.length > 3) { console.log('long'); return; } console.log('short');",
  ],
  [
    'events',
    "const EventEmitter = require('events'); const { once } = EventEmitter; class A extends EventEmitter {} const a = new A(); a.on('x', function (v) { console.log(this === a, v); }); a.prependListener('x', () => console.log('first')); console.log(a.emit('x', 1), a.emit('y'), a.listenerCount('x')); once(a, 'z').then(console.log); a.emit('z', 1, 2); try { a.emit('error', new Error('e')); } catch (e) { console.log(e.message); }",
  ],
  [
    'events with old classes',
    "const { EventEmitter } = require('events'); const util = require('util'); function B() { EventEmitter.call(this); } util.inherits(B, EventEmitter); const b = new B(); b.once('x', () => console.log('x')); b.emit('x'); b.emit('x'); console.log(b instanceof EventEmitter, B.super_ === EventEmitter);",
  ],
  [
    'util',
    "const util = require('util'); console.log(util.format('%s=%d', 'a', 1), util.inspect({ a: { b: { c: { d: 1 } } } }, { depth: 0 }), util.isDeepStrictEqual([1], [1]), util.types.isDate(new Date())); util.promisify((x, cb) => cb(null, x + 1))(1).then(console.log);",
  ],
  [
    'names and values of a query',
    String.raw`const p = new URLSearchParams('?a=1&b=%C3%A9+x&a=2&c&=d&%zz=%&&e=1=2'); console.log([...p], p.toString(), p.size, p.get('a'), p.getAll('a'), p.get('z'), p.has('a', '2'), p.has('a', '3')); p.set('a', 9); p.append('ü', '😀 *-._~'); p.delete('c'); console.log(String(p)); p.sort(); console.log(p, '' + p); p.forEach((v, k) => console.log(k, v)); console.log(p);`,
  ],
  [
    'parameters from values of every kind',
    String.raw`console.log(new URLSearchParams({ x: 1, y: [2, 3], z: undefined }).toString(), new URLSearchParams([['a', 'b'], ['a', 'c']]).toString(), new URLSearchParams(new Map([['k', null]])).toString(), new URLSearchParams(new URLSearchParams('q=1')).toString(), new URLSearchParams(null).toString(), new URLSearchParams().toString() === '', Object.fromEntries(new URLSearchParams('a=1&b=2')), [...new URLSearchParams('a=1').keys()], [...new URLSearchParams('a=1').values()]);`,
  ],
  [
    'parameters that are printed',
    String.raw`console.log(new URLSearchParams(), [new URLSearchParams('a=1')], { a: { b: { c: new URLSearchParams('a=1') } } }, new URLSearchParams(Array.from({ length: 12 }, (_, n) => ['name' + n, 'value' + n])), Object.prototype.toString.call(new URLSearchParams()));`,
  ],
  [
    'what parameters refuse',
    String.raw`for (const f of [() => new URLSearchParams([['a']]), () => new URLSearchParams('').get(), () => new URLSearchParams('').set('a'), () => new URLSearchParams('').forEach(1), () => URLSearchParams('a'), () => new URLSearchParams({ [Symbol.iterator]: 1 })]) try { f(); console.log('?'); } catch (e) { console.log(e.name, e.code); }`,
  ],
  [
    'parameters that are not text',
    String.raw`console.log(new URLSearchParams('a=%ff%41&b=\ud800').toString(), new URLSearchParams({ '\ud800': 'x' }).toString(), encodeURIComponent(new URLSearchParams({ a: 'b c' })));`,
  ],
  [
    'a decoder that refuses, and marks of byte order',
    String.raw`const r = (f) => { try { return f(); } catch (e) { return [e.name, e.code, e.message]; } }; const D = (o) => new TextDecoder('utf-8', o); const bad = new Uint8Array([65, 255]), bom = new Uint8Array([0xef, 0xbb, 0xbf, 65]); console.log(r(() => D({ fatal: true }).decode(bad)), r(() => D().decode(bad)), JSON.stringify([D().decode(bom), D({ ignoreBOM: true }).decode(bom), D({ fatal: true }).decode(new Uint8Array([0xef, 0xbf, 0xbd]))]), D().fatal, D({ fatal: true, ignoreBOM: true }).ignoreBOM, D().encoding); const s = D({ fatal: true }); console.log(s.decode(new Uint8Array([0xc3]), { stream: true }), s.decode(new Uint8Array([0xa9])), r(() => s.decode(new Uint8Array([0xc3])))); const t = D(); console.log(JSON.stringify([t.decode(bom, { stream: true }), t.decode(bom, { stream: true }), t.decode(), t.decode(bom)]));`,
  ],
  [
    'decoders of other encodings, and what is not a buffer',
    String.raw`const { StringDecoder } = require('string_decoder'); const r = (f) => { try { return JSON.stringify(f()); } catch (e) { return e.name + e.code; } }; for (const e of [undefined, null, '', 'UTF-8', 'hex', 'latin1', 'binary', 'ascii', 'base64', 'base64url', 'x', 5]) console.log(r(() => { const d = new StringDecoder(e); return [d.encoding, ...Array.from(Buffer.from('é中x?'), (b) => d.write(Buffer.from([b]))), d.end(Buffer.from([255])), d.end()]; })); for (const v of ['s', null, undefined, 5, [72, 105], {}, new ArrayBuffer(2), new DataView(new ArrayBuffer(1)), new Uint16Array([0x4142])]) console.log(r(() => new StringDecoder().write(v)), r(() => new StringDecoder().end(v)), r(() => new TextDecoder().decode(v))); console.log(r(() => new TextDecoder('x')));`,
  ],
  [
    'decoders',
    "const { StringDecoder } = require('string_decoder'); const d = new StringDecoder('utf8'); const b = Buffer.from('é中😀'); console.log(d.write(b.subarray(0, 3)), d.write(b.subarray(3, 6)), d.write(b.subarray(6)), d.end().length, new TextDecoder().decode(new TextEncoder().encode('ß')), Buffer.from([0xff, 0xe4, 0x41, 0xf0, 0x9f]).toString());",
  ],
  [
    'bytes',
    "console.log(Buffer.from('aGk=', 'base64').toString(), Buffer.from('6869', 'hex').toString(), Buffer.byteLength('é'), Buffer.concat([Buffer.from('a'), Buffer.from('b')]).equals(Buffer.from('ab')), Buffer.alloc(3, 'x').toString(), Buffer.compare(Buffer.from('a'), Buffer.from('b')), JSON.stringify(Buffer.from('a')), Buffer.from('abc').indexOf('c'), Buffer.from('abcd').toString('utf8', 1, 3));",
  ],
  [
    'paths',
    "const path = require('path'); console.log(path.join('/a', '..', 'b', './c.txt'), path.basename('/x/y.js', '.js'), path.extname('a.b.c'), path.dirname('/a/b/'), path.resolve('/a', 'b', '../c'), path.normalize('a//b/../c/'));",
  ],
  [
    'the console in groups, tables and counts',
    "console.group('g'); console.log('a\\nb'); console.group(); console.log('c'); console.groupEnd(); console.groupEnd(); console.log(); console.count(); console.count('x'); console.count(); console.table([{ a: 1, b: 'x' }, { a: 2 }]); console.table([[1, 2], [3, 4]]); console.table([5]); console.log('%s is %i', 'a', 2.5, 'more'); console.dir({ a: { b: { c: {} } } }, { depth: 0 });",
  ],
  [
    'timers',
    "const { setTimeout: wait } = require('timers/promises'); setImmediate(async () => { console.log('soon'); console.log(await wait(20, 'waited')); }); process.nextTick(() => console.log('tick')); queueMicrotask(() => console.log('micro'));",
  ],
  [
    'ticks before promises, and both before timers',
    "process.nextTick((a) => { console.log('tick', a); Promise.resolve().then(() => console.log('promise in tick')); process.nextTick(() => console.log('tick in tick')); }, 1); queueMicrotask(() => { console.log('micro'); process.nextTick(() => console.log('tick in micro')); Promise.resolve().then(() => console.log('promise in micro')); }); setTimeout(() => { console.log('timer'); Promise.resolve().then(() => console.log('promise in timer')); process.nextTick(() => console.log('tick in timer')); }); for (const f of [process.nextTick, queueMicrotask, setTimeout]) try { f(5); } catch (e) { console.log(e.code); }",
  ],
  [
    'ticks of a module',
    "import 'node:fs'; process.nextTick(() => console.log('tick')); Promise.resolve().then(() => console.log('promise')); await new Promise((f) => setTimeout(f, 1));",
  ],
  [
    'what timers return',
    "const t = setTimeout(() => console.log('never'), 1000).unref(); console.log(typeof t, t.hasRef(), Number(t) > 0); const u = setTimeout(() => console.log('no'), 5); clearTimeout(+u); clearTimeout(); clearTimeout({}); clearTimeout('x');",
  ],
  [
    'functions made promises that have a way of their own',
    `const { promisify } = require('util'); ${openLines} (async () => { console.log(await promisify(rl.question).bind(rl)('q? ')); rl.close(); console.log(await promisify(setTimeout)(5, 'slept'), await promisify(setImmediate)('soon')); })();`,
  ],
  [
    'this, and what is not a global',
    'var x = 5; function f() { return [typeof this, this === globalThis, globalThis.x]; } this.y = 1; console.log(this === module.exports, module.exports.y, (() => this === exports)(), f(), arguments.length);',
  ],
  ['a first line for the shell', '#!/usr/bin/env node\nconsole.log(1);'],
  [
    'clones',
    "const a = { d: new Date(5), r: /x/gi, m: new Map([[{ k: 1 }, new Set([1])]]), u: undefined, l: [1, , 3], b: new Uint8Array([1, 2, 3]).subarray(1), e: new RangeError('m', { cause: { c: 1 } }), n: new Number(3), p: new (class P { x = 1; })() }; a.self = a; a.whole = a.b.buffer; const c = structuredClone(a); console.log(c.self === c, c.d, c.r, c.m, c.l, c.b, c.b.buffer === c.whole, c.e instanceof RangeError, c.e.message, c.e.cause, c.n, c.p, 'u' in c, c.m !== a.m); for (const v of [() => 1, Symbol('q'), { f: [() => 2] }, new WeakMap(), Promise.resolve(), new WeakRef({})]) try { structuredClone(v); } catch (e) { console.log(e.name, e.code, e.message, e instanceof DOMException, e instanceof Error); } try { structuredClone(); } catch (e) { console.log(e.code); } const b = new ArrayBuffer(8); console.log(structuredClone(b, { transfer: [b] }).byteLength, b.byteLength);",
  ],
  [
    'base64',
    "console.log(btoa('hé'), atob(' aGVs bG8 '), atob('YQ'), btoa(123), require('buffer').atob('YQ==')); for (const s of ['a', 'a===', 'é', 'YQ===']) try { console.log(atob(s)); } catch (e) { console.log(e.name, e.code); } try { btoa('中'); } catch (e) { console.log(e.name); } console.log(new TextEncoder().encodeInto('a中b', new Uint8Array(3)));",
  ],
  [
    'modules that are missing',
    "for (const name of ['lodash', './x', 5, undefined]) try { require(name); } catch (e) { console.log(e.name, e.code, String(e.message).split('\\n')[0].replace(/ \\(.*| Received.*/, '')); }",
  ],
  [
    'what process exports',
    "import { stdin, stdout, argv, exit, nextTick } from 'node:process'; let n = 0; for await (const c of stdin) n += c.length; nextTick(() => stdout.write('tick\\n')); setTimeout(() => { console.log(n, argv.length); exit(0); }, 1);",
  ],
  [
    'a class with own text',
    "class P { constructor() { this.x = 1; } toString() { return 'P!'; } } console.log(new P(), `${new P()}`, [new P()], new Map([['k', new P()]]), new Set(), class A {}, Symbol('s'), () => 1);",
  ],
  [
    'what a module exports',
    'module.exports = { f: () => 1 }; exports.g = 2; console.log(Object.keys(module.exports), typeof exports.g, __filename.length > 0, typeof __dirname, this === globalThis || true);',
  ],
  [
    'memory in use',
    'const before = process.memoryUsage(); const kept = Array.from({ length: 100000 }, (_, i) => ({ i })); const after = process.memoryUsage(); const mib = new ArrayBuffer(1 << 20); console.log(Object.keys(after).join(), after.heapUsed > before.heapUsed, after.heapUsed <= after.heapTotal, after.rss >= after.heapTotal, process.memoryUsage.rss() > 0, process.memoryUsage().arrayBuffers >= 1 << 20, kept.length, mib.byteLength);',
  ],
  [
    'errors of another type, by all three functions and in every wrapping',
    "const assert = require('assert'); const pairs = [[new Error('m'), new DOMException('m', 'Error')], [new DOMException('m', 'TypeError'), new TypeError('m')], [new DOMException('m'), new DOMException('m')], [new DOMException('m'), new DOMException('n')], [new DOMException('m', 'AbortError'), new DOMException('m')], [{}, new DOMException('m')]]; const wraps = [(x) => x, (x) => [x], (x) => ({ x }), (x) => new Map([[1, x]]), (x) => new Map([[x, 1]]), (x) => new Set([x]), (x) => new Error('w', { cause: x })]; for (const [a, b] of pairs) console.log(['deepEqual', 'deepStrictEqual', 'partialDeepStrictEqual'].map((name) => wraps.map((wrap) => { try { assert[name](wrap(a), wrap(b)); return 1; } catch { return 0; } }).join('')).join(' '));",
  ],
  [
    'numbers of time',
    "const { performance } = require('perf_hooks'); const t = performance.now(); const h = process.hrtime(); console.log(typeof t, process.hrtime(h).length, typeof process.hrtime.bigint(), process.uptime() >= 0, typeof process.memoryUsage().heapUsed);",
  ],
];

describe('an ordinary program prints what it prints in Node', () => {
  it.each(programs)('%s', async (...given) => {
    const [, code, stdin = '3 4\n5\n'] = given as unknown as Case;
    const inNode = node.run(code, stdin);
    const verdict = await pool.run({ language: 'javascript', code, stdin, expectedStdout: inNode.stdout });
    expect(verdict, inNode.stderr).toMatchObject({ outcome: inNode.status === 0 ? 'passed' : 'failed' });
    expect(verdict.stdout).toBe(inNode.stdout.slice(-4_096));
  });
});

const add = 'function add(a, b) { return a + b; }';
const multiple = (module: string, wanted: number) =>
  [
    `const assert = require('${module}');`,
    ...[
      '',
      '',
      'function test() {',
      '  let candidate = add;',
      `  assert.deepEqual(candidate(1, 2), ${wanted});`,
      '}',
      '',
    ],
    'test();',
  ].join('\n');
const typed = 'function add(a: number, b: number): number { return a + b; }';
const declared = (wanted: number) => `declare var require: any;\n${multiple('node:assert', wanted)}`;

describe('tests of the shape of MultiPL-E', () => {
  it.each([
    ['javascript', add, multiple('node:assert', 3), 'passed'],
    ['javascript', add, multiple('assert/strict', 3), 'passed'],
    ['javascript', add, multiple('node:assert', 4), 'failed'],
    ['javascript', `${add}\n${multiple('node:assert', 3)}`, '', 'passed'],
    ['javascript', `${add}\n${multiple('node:assert', 4)}`, '', 'failed'],
    ['typescript', typed, declared(3), 'passed'],
    ['typescript', typed, declared(4), 'failed'],
    ['typescript', `${typed}\n${declared(3)}`, '', 'passed'],
    ['typescript', `${typed}\n${declared(4)}`, '', 'failed'],
    ['typescript', `export ${typed}`, declared(3), 'passed'],
    ['typescript', `${typed}\nexport = add;`, declared(3), 'passed'],
    ['typescript', `import fs = require('fs'); enum A { X }\n${typed}`, declared(3), 'passed'],
  ] as const)('run as %s: %s', async (language, code, tests, outcome) => {
    expect(await pool.run({ language, code, tests })).toMatchObject({ outcome });
  });

  it.each([
    `export ${add}`,
    `export default ${add}`,
    `${add} export { add };`,
    `${add} export { add as default, add as sum };`,
    'export const add = (a, b) => a + b;',
    'const one = await Promise.resolve(1); function add(a, b) { return a + b + one - 1; }',
    'export const { add, other: [x = 1, ...rest] } = { add: (a, b) => a + b, other: [] };',
    "import { strictEqual } from 'node:assert'; strictEqual(1, 1); let add = (a, b) => a; add = (a, b) => a + b;",
    'module.exports = { add: (a, b) => a + b };',
    'exports.add = (a, b) => a + b;',
    'module.exports = function add(a, b) { return a + b; };',
    'module.exports.add = (a, b) => a + b; exports = null;',
  ])('see what a module declares or exports: %s', async (code) => {
    const suites: readonly (readonly [string, string])[] = [
      [multiple('node:assert', 3), 'passed'],
      [
        "import assert, { deepEqual as same } from 'node:assert'; same(add(1, 2), 3); assert.equal(add(1, 1), 2);",
        'passed',
      ],
      [
        "import * as assert from 'assert';\nimport 'fs';\nexport const x = 1;\nassert.equal(add(1, x), 3);",
        'failed',
      ],
      ["const { default: assert } = await import('node:assert'); assert.equal(add(1, 2), 3);", 'passed'],
    ];
    for (const [tests, outcome] of suites) {
      expect(await pool.run({ language: 'javascript', code, tests })).toMatchObject({ outcome });
    }
  });

  it('say where a module or its tests went wrong', async () => {
    const thrown = await pool.run({ language: 'javascript', code: 'export const a = 1;\nawait 1;\nnull.x;' });
    expect(thrown).toMatchObject({ outcome: 'failed', message: /Cannot read properties of null/ });
    expect(JSON.stringify(thrown)).toContain('program.js:3');
    const tests = "import assert from 'assert';\nassert(false)";
    const failed = await pool.run({ language: 'javascript', code: '', tests });
    expect(JSON.stringify(failed)).toContain('tests.js:2');
    expect(await pool.run({ language: 'javascript', code: 'await new Promise(() => 1);' })).toMatchObject({
      outcome: 'failed',
      message: 'the program never finished: something it awaits does not settle',
    });
    expect(
      await pool.run({ language: 'javascript', code: 'import { no } from "fs"; let = 1' }),
    ).toMatchObject({
      outcome: 'syntax-error',
    });
  });

  it('run a program as what was started only where there are none', async () => {
    const code = "exports.ran = require.main === module; if (exports.ran) console.log('main');";
    expect(await pool.run({ language: 'javascript', code })).toMatchObject({ stdout: 'main\n' });
    const tests = 'assert.equal(ran, false);';
    expect(await pool.run({ language: 'javascript', code, tests })).toMatchObject({
      outcome: 'passed',
      stdout: '',
    });
  });

  it('fail a program that ends with a status of its own', async () => {
    for (const code of [
      'process.exit(1)',
      "process.exitCode = 2; console.log('x')",
      'setTimeout(() => process.exit(3), 5)',
    ]) {
      expect(await pool.run({ language: 'javascript', code })).toMatchObject({ outcome: 'failed' });
    }
    const message = 'the program ended itself with status 0, before its tests had ended';
    const early = await pool.run({ language: 'javascript', code: 'process.exit(0)', tests: 'assert(true)' });
    expect(early).toMatchObject({ outcome: 'failed', message });
  });
});
