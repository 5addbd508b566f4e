import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from './sandbox-pool.ts';
import { openNode } from './testing/run-in-node.ts';

const pool = new SandboxPool({ processes: 1, limits: { wallTimeMs: 30_000, cpuTimeMs: 30_000 } });
const node = openNode();
afterAll(async () => {
  node.close();
  await pool.close();
});

/** Programs about classes that are not of the language, but of Node and the web. */
const programs: readonly (readonly [about: string, code: string])[] = [
  [
    'emitters that are printed and heard',
    String.raw`const E=require('events');
const e=new E(); const f=()=>1; e.on('x',f); console.log(e); e.once('y',function g(){}); console.log(e.listeners('y'), e.rawListeners('y'), e.eventNames(), e.listenerCount('x'), e.listenerCount('x',f));
e.on('newListener',(n,l)=>console.log('new',n,typeof l)); e.on('removeListener',(n,l)=>console.log('rem',n,l===f)); e.on('z',f); e.off('x',f); e.emit('y'); console.log(Object.keys(e), e._eventsCount, e);
for (const v of ['text', 5, {a:1}, undefined, null, [1]]) try{ e.emit('error',v) }catch(x){console.log(x.message,x.code,x.context)}
try{ e.emit('error') }catch(x){console.log(x.message,x.code)}
e.on(E.errorMonitor,(x)=>console.log('mon',x.message)); try{e.emit('error',new Error('q'))}catch(x){console.log('thrown',x.message)}
e.removeAllListeners(); console.log(e, e.emit('z'));`,
  ],
  [
    'emitters of other classes, and what they refuse',
    String.raw`const E=require('events');
class A extends E{constructor(){super();this.q=1}}; console.log(new A(), JSON.stringify(new A()), Object.keys(new A()), {a:new A()});
function B(){E.call(this)} require('util').inherits(B,E); console.log(new B(), new B() instanceof E);
const o=Object.create(E.prototype); console.log(o.emit('a'), o.listenerCount('a')); o.on('a',()=>console.log('a!')); o.emit('a'); console.log(o);
function mix(t){Object.assign(t,E.prototype); return t} const m=mix({k:1}); m.on('q',(v)=>console.log('q',v)); m.emit('q',3); console.log(Object.keys(m).length);
for (const bad of [null,undefined,5,'s',{},[],new Map,Symbol('q')]) try{ new E().on('x',bad) }catch(x){console.log(x.name,x.code,x.message)}`,
  ],
  [
    'the order of listeners',
    String.raw`const E=require('events');
const s=new E(); s.on('a',()=>{s.on('a',()=>console.log('late')); console.log('first')}); s.emit('a'); s.emit('a'); s.setMaxListeners(30); console.log(s.getMaxListeners(), s._maxListeners);
s.prependListener('a',()=>console.log('pre')); s.prependOnceListener('a',()=>console.log('preonce')); s.emit('a'); s.removeAllListeners('a'); console.log(s.emit('a'), E.listenerCount(s,'a'), E.getEventListeners(s,'a'));`,
  ],
  [
    'emitters whose listeners go',
    String.raw`const E=require('events'); const e=new E(); const f=()=>1;
e.on('removeListener',(n,l)=>console.log('rem',n,l===f)); e.on('newListener',f); e.on('z',f); e.on('z',()=>2); e.on(E.errorMonitor,f); e.removeAllListeners(); console.log(e._eventsCount);
e.on('removeListener',(n,l)=>console.log('rem',n,l===f)); e.on('z',f); e.removeAllListeners('z'); e.removeAllListeners('removeListener'); console.log(e);
const g=new E(); g.once('a',f); g.off('a',f); console.log(g); g.on('a',f); g.on('a',f); console.log(g.rawListeners('a').length); g.off('a',f); console.log(g, g.emit('a'));`,
  ],
  [
    'errors of the web and their codes',
    String.raw`const d=(o)=>Reflect.ownKeys(o).filter(k=>k!=='stack').map(k=>{const x=Reflect.getOwnPropertyDescriptor(o,k);return String(k)+':'+(x.enumerable?'E':'')+('get' in x?'g':'='+(typeof x.value==='function'?'f':typeof x.value=='object'?'o':String(x.value)))}).filter(k=>!/messaging/.test(k)).join(' ');
for(const e of [new DOMException('a',{name:'AbortError',cause:1}),new DOMException('a','X'),new DOMException('a',{}),new DOMException('a',null),new DOMException(),new DOMException(undefined,undefined),new DOMException(5,5),DOMException.prototype,DOMException]) console.log(d(e));
for(const n of ['IndexSizeError','HierarchyRequestError','InUseAttributeError','NoModificationAllowedError','SyntaxError','URLMismatchError','QuotaExceededError','TimeoutError','InvalidNodeTypeError','DataCloneError','AbortError','Nope','DOMSTRING_SIZE_ERR','constructor','toString']) console.log(n,new DOMException('',n).code);
const q=new DOMException('m','AbortError'); console.log(String(q),q instanceof Error,q.constructor===DOMException,Object.prototype.toString.call(q),q.stack.split('\n')[0],Object.keys(q),JSON.stringify(q), q.name, q.message);
for (const v of [[],[undefined],['a',null],['a',{}],['a',{name:'Q'}],['a',{cause:0}],[{}],['a',()=>1]]) { const x=new DOMException(...v); console.log(x.name,'|',x.message,'|','cause' in x,x.cause)}
try{new DOMException(Symbol())}catch(x){console.log(x.name)} try{DOMException('a')}catch(x){console.log(x.name,x.message)}
try{DOMException.prototype.name}catch(x){console.log(x.name,x.code,x.message)}
const c=structuredClone(q); console.log(c.name,c.message,c.code,c instanceof DOMException, c===q);`,
  ],
  [
    'iterators of parameters',
    String.raw`console.log(String(new URLSearchParams('a=1').entries()), [...new URLSearchParams('a=1&b=2')], [...new URLSearchParams('a=1&b=2').keys()], [...new URLSearchParams('a=1&b=2').values()], new URLSearchParams('a=1').entries().next(), new URLSearchParams('').keys().next());
const u=[];for(const k in new URLSearchParams('a=1'))u.push(k); console.log(u.join());`,
  ],
  [
    'coders that are printed',
    String.raw`console.log(new TextEncoder(), new TextDecoder(), [new TextEncoder()], {d:new TextDecoder('utf-8',{fatal:true})}, Object.keys(new TextDecoder()), JSON.stringify(new TextEncoder()), String(new TextEncoder()));`,
  ],
  [
    'classes of errors of the web',
    String.raw`class X extends DOMException{}; console.log(new X('a','AbortError').code, new X('z') instanceof X);
class Y extends DOMException{constructor(m){super(m,'Yname');this.extra=1}}; console.log(new Y('z').name,new Y('z').extra,Object.keys(new Y('z')));`,
  ],
  [
    'numbers in bytes',
    String.raw`const r=(f)=>{try{return f()}catch(e){return e.name+' '+e.code+' '+e.message}};
const b=Buffer.alloc(16); const out=[];
for(const k of ['UInt8','Int8']) out.push(b['write'+k](k=='Int8'?-5:250,1), b['read'+k](1), b['readUint8'](1));
for(const k of ['UInt16','Int16','UInt32','Int32','Float','Double','BigInt64','BigUInt64']) for(const o of ['LE','BE']) { const big=k.startsWith('Big'); out.push(b['write'+k+o](big?(k=='BigInt64'?-77n:77n):k[0]=='U'?1234:k[0]=='I'?-1234:1.5,3), b['read'+k+o](3)); }
console.log(out, b);
console.log(b.writeUIntBE(0x123456,0,3), b.readUIntBE(0,3), b.readUIntLE(0,3), b.writeIntLE(-2,4,6), b.readIntLE(4,6), b.readIntBE(4,6), b.readUIntBE(4,6), b);
console.log(r(()=>b.readUInt8(16)), r(()=>b.readUInt32LE(13)), r(()=>b.writeUInt8(256)), r(()=>b.writeInt8(-129)), r(()=>b.writeUInt32LE(2**32)), r(()=>b.writeInt32BE(-(2**31)-1)), r(()=>b.readUInt8(1.5)), r(()=>b.writeBigUInt64LE(-1n)), r(()=>Buffer.alloc(1).readInt16LE()), r(()=>b.readUIntLE(0,7)), r(()=>b.writeUInt16LE(70000)));`,
  ],
  [
    'bytes that are filled, written and copied',
    String.raw`const r=(f)=>{try{return f()}catch(e){return e.name+' '+e.code+' '+e.message}};
console.log(Buffer.alloc(5).fill('ab'), Buffer.alloc(5).fill('é',1), Buffer.alloc(4).fill(Buffer.from([1,2])), Buffer.alloc(4).fill(257), Buffer.alloc(4).fill(7,1,3), Buffer.alloc(4).fill('6869','hex'));
const c=Buffer.alloc(6); console.log(c.write('héy',1), c, c.write('zz',4,1), c, c.write('ff','hex'), c, c.write('😀',3), c);
const t=Buffer.alloc(4); console.log(Buffer.from('abcdef').copy(t,1,2), t, Buffer.from('abcd').swap16(), Buffer.from('abcd').swap32(), r(()=>Buffer.from('abc').swap16()));`,
  ],
  [
    'paths in parts',
    String.raw`const p=require('path'); for(const x of ['/a/b.c','a','/','./a/b','a/b/.c','/x/','b.tar.gz','','../q']) console.log(p.parse(x), p.format(p.parse(x)));
console.log(p.relative('/a/b','/a/c'), p.relative('/a','/a'), p.relative('/a/b/c','/x'), p.relative('/a','/a/b/c'), p.format({root:'/',name:'f',ext:'txt'}), p.format({dir:'/d',base:'b.x'}), p.format({dir:'/',root:'/',base:'q'}));`,
  ],
  [
    'long texts that are cut',
    String.raw`console.log(require('util').inspect('x'.repeat(50),{maxStringLength:3}), require('util').inspect({a:'x'.repeat(20)},{maxStringLength:null}), require('util').inspect(['ab'],{maxStringLength:1}));`,
  ],
  [
    'the guard of a module',
    'import { argv } from "node:process"; import { basename } from "node:path"; const isMain = import.meta.url.endsWith(argv[1]); console.log(isMain, import.meta.main, basename(import.meta.filename, ".mjs").replace(".js", ""), typeof import.meta.dirname, "import.meta.url");',
  ],
];

/** Makers of values of such classes, as sources; `E` is the class of emitters. */
const values: readonly string[] = [
  'new DOMException()',
  "new DOMException('a')",
  "new DOMException('a', 'AbortError')",
  "new DOMException('a', { name: 'AbortError', cause: 1 })",
  "new DOMException('a', { name: 'AbortError', cause: 2 })",
  'Object.create(DOMException.prototype)',
  'Object.assign(Object.create(DOMException.prototype), { x: 1 })',
  'DOMException.prototype',
  "Object.assign(new DOMException('a'), { x: 1 })",
  "new (class extends DOMException {})('a')",
  "new Error('a')",
  'Object.create(Error.prototype)',
  'Object.setPrototypeOf({}, DOMException.prototype)',
  "Object.setPrototypeOf(new DOMException('a'), Error.prototype)",
  "({ message: 'a', name: 'Error', code: 0 })",
  '({})',
  'new URLSearchParams()',
  "new URLSearchParams('a=1')",
  'Object.create(URLSearchParams.prototype)',
  'URLSearchParams.prototype',
  "new URLSearchParams('a=1').keys()",
  "new Map([['a', '1']])",
  'new TextEncoder()',
  'Object.create(TextEncoder.prototype)',
  'TextEncoder.prototype',
  'new TextDecoder()',
  "new TextDecoder('utf-8', { fatal: true })",
  'Object.create(TextDecoder.prototype)',
  "Buffer.from('a')",
  'new Uint8Array([97])',
  'new E()',
  'Object.assign(new E(), { x: 1 })',
  "new E().on('x', Math.max)",
  "new E().on('x', Math.min)",
  'Object.create(E.prototype)',
  'E.prototype',
  "new assert.AssertionError({ message: 'm' })",
  "(() => { try { atob('*'); } catch (e) { return e; } })()",
  '(function* () {})()',
  "structuredClone(new DOMException('a'))",
];

/** Prints for every two values in which of the three ways they are equal; where Node itself fails, nothing is compared. */
const comparisons = `
const assert = require('assert');
const E = require('events');
const ways = ['deepEqual', 'deepStrictEqual', 'partialDeepStrictEqual'].map((name) => assert[name]);
const decide = (way, a, b) => {
  try { way(a, b, 'differ'); return '='; } catch (e) { return e instanceof assert.AssertionError ? '.' : '?'; }
};
const all = [${values.map((value) => `() => ${value}`).join(', ')}];
const part = Number(require('fs').readFileSync(0, 'utf8'));
for (const [at, a] of all.entries()) if (at % 4 === part) console.log(all.map((b) => ways.map((way) => decide(way, a(), b())).join('')).join(' '));
`;

describe('values of Node and the web', () => {
  it.each(programs)('print as in Node: %s', async (_about, code) => {
    const inNode = node.run(code, '');
    expect(inNode).toMatchObject({ status: 0, stderr: '' });
    const verdict = await pool.run({ language: 'javascript', code, stdin: '' });
    expect(verdict).toMatchObject({ outcome: 'passed' });
    expect(verdict.stdout).toBe(inNode.stdout.slice(-4_096));
  });

  it.each([0, 1, 2, 3])(
    'are equal where Node finds them equal: every fourth, from the one at %i',
    async (part) => {
      const rows = (text: string) =>
        text
          .trim()
          .split('\n')
          .map((row) => row.split(' '));
      const wanted = rows(node.run(comparisons, String(part)).stdout);
      const { outcome, stdout } = await pool.run({
        language: 'javascript',
        code: comparisons,
        stdin: String(part),
      });
      const found = rows(stdout);
      expect([outcome, found.length]).toEqual(['passed', values.length / 4]);
      const differing = wanted.flatMap((row, at) =>
        row.flatMap((answer, column) =>
          answer.includes('?') || answer === found[at]?.[column]
            ? []
            : [
                `${values[at * 4 + part] ?? ''} and ${values[column] ?? ''}: ${answer}, not ${found[at]?.[column] ?? ''}`,
              ],
        ),
      );
      expect(differing).toEqual([]);
    },
  );

  it('that are not offered are unknown names, never something else', async () => {
    const names =
      'URL AbortController AbortSignal EventTarget Event CustomEvent fetch Headers Request Response FormData Blob File crypto ' +
      'MessageChannel BroadcastChannel WebSocket ReadableStream CompressionStream navigator WebAssembly SharedArrayBuffer';
    const code = `for (const name of ${JSON.stringify(names.split(' '))}) {
      assert.throws(() => (0, eval)(name), (error) => error.name === 'ReferenceError' && error.message === name + ' is not defined');
    }`;
    expect(await pool.run({ language: 'javascript', code })).toMatchObject({ outcome: 'passed' });
  });

  it('say whether a module was started or is tested', async () => {
    const code =
      'import { argv } from "process"; export const isMain = import.meta.url === `file://${argv[1]}`; export const { main } = import.meta;';
    const tests =
      'assert.equal(isMain, false); assert.equal(main, false); assert.equal(process.argv.length, 2);';
    expect(await pool.run({ language: 'javascript', code, tests })).toMatchObject({ outcome: 'passed' });
  });
});

describe('the largest input is read whole within the default memory', () => {
  const mib = 2 ** 20;
  it.each([
    ['as bytes', 'const all = fs.readFileSync(0); console.log(all.length, all[0], all.at(-1));'],
    ['as text of bytes', "console.log(fs.readFileSync('/dev/stdin').toString().length);"],
    ['as text', "console.log(fs.readFileSync(0, 'utf8').length);"],
  ])('%s', async (_way, code) => {
    for (const stdin of ['x'.repeat(16 * mib), 'é'.repeat(8 * mib), '😀'.repeat(4 * mib)]) {
      const program = `const fs = require('fs'); ${code}`;
      const verdict = await pool.run({ language: 'javascript', code: program, stdin });
      const length = code.includes('toString') || code.includes('utf8') ? stdin.length : 16 * mib;
      expect(verdict).toMatchObject({
        outcome: 'passed',
        stdout: expect.stringMatching(new RegExp(`^${length}\\b`, 'u')) as string,
      });
    }
  });
});
