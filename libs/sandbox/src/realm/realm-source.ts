import { createAssert } from './create-assert.ts';
import { createConsole } from './create-console.ts';
import { createCycles } from './create-cycles.ts';
import { createDeepEqual } from './create-deep-equal.ts';
import { createFormat } from './create-format.ts';
import { createHarness } from './create-harness.ts';
import { createInspect } from './create-inspect.ts';
import { createItemEquality } from './create-item-equality.ts';
import { createKinds } from './create-kinds.ts';
import { createLayout } from './create-layout.ts';
import { createMatching } from './create-matching.ts';
import { createProgramGlobals } from './create-program-globals.ts';
import { createQuote } from './create-quote.ts';
import { createThrownCheck } from './create-thrown-check.ts';
import { createTimers } from './create-timers.ts';
import { lockIntrinsics } from './lock-intrinsics.ts';
import { createBufferNumbers } from './modules/create-buffer-numbers.ts';
import { createBuffer } from './modules/create-buffer.ts';
import { createEvents } from './modules/create-events.ts';
import { createFs } from './modules/create-fs.ts';
import { createLabel } from './modules/create-label.ts';
import { createLoader } from './modules/create-loader.ts';
import { createModules } from './modules/create-modules.ts';
import { createProcess } from './modules/create-process.ts';
import { createReadline } from './modules/create-readline.ts';
import { createCoders, createPath } from './modules/create-small-modules.ts';
import { createStdin } from './modules/create-stdin.ts';
import { createStructuredClone } from './modules/create-structured-clone.ts';
import { createUrlSearchParams } from './modules/create-url-search-params.ts';
import { createUtf8 } from './modules/create-utf8.ts';
import { createUtil } from './modules/create-util.ts';
import { createBase64, createWebError } from './modules/create-web.ts';

const words = (text: string) => text.trim().split(/\s+/u);

/** Built-in names that the realm's own code and tests see as they were before the program ran. */
const builtInNames: readonly string[] = words(`
  Object Function Array String Number Boolean Symbol BigInt Math JSON Reflect Proxy Promise RegExp Date Intl
  Map Set WeakMap WeakSet WeakRef ArrayBuffer DataView Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array
  Uint8ClampedArray Float32Array Float64Array BigInt64Array BigUint64Array
  Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError
  parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI
`);

/**
 * Names that tests see as they were before the program ran, whatever the program declares or assigns; `$load_` is their
 * `import()`.
 */
export const pristineNames: readonly string[] = [
  ...words(`
    assert console setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask
    globalThis $load_ require process Buffer performance TextEncoder TextDecoder structuredClone
    DOMException URLSearchParams atob btoa
  `),
  ...builtInNames,
];

/** What is taken away: shared memory and the means to block on it, and WebAssembly, whose memory no limit counts. */
const removedNames: readonly string[] = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'console'];

const moduleMakers = {
  createBase64,
  createBuffer,
  createBufferNumbers,
  createCoders,
  createEvents,
  createFs,
  createLabel,
  createLoader,
  createPath,
  createProcess,
  createReadline,
  createStdin,
  createStructuredClone,
  createUrlSearchParams,
  createUtf8,
  createUtil,
};

/**
 * The script that turns a bare context into the realm of a program, as the body of a closure. Its own code reads built-in names
 * from constants around it, so that what is made late is made of what was there first.
 * Arguments: `$0` writes output, `$1` is the standard input, `$2` the most characters of one write, `$3` whether there are tests,
 * `$4` and `$5` the versions of Node and V8, `$6` counts the heap's bytes. Returns a {@link Harness} with the names of the
 * modules (`moduleNames`) and what
 * gives one to the modules around a program (`loadModule`, `finish`).
 */
export const realmSource = `
'use strict';
for (const name of ${JSON.stringify(removedNames)}) delete globalThis[name];
const { ${builtInNames.join(', ')} } = globalThis;
(${lockIntrinsics.toString()})();
let status;
const createExit = () => ({
  __proto__: null, get status() { return status; }, set status(ended) { status = ended; }, code: undefined, listeners: new Set(),
});
const write = (stream, text) => {
  if (status === undefined) $0(stream, text.length > $2 ? text.slice(0, $2) : text);
};
const kinds = (${createKinds.toString()})();
const items = (${createItemEquality.toString()})();
const members = (${createMatching.toString()})();
const createCycles = ${createCycles.toString()};
const layout = (${createLayout.toString()})();
const quote = (${createQuote.toString()})();
const inspect = (${createInspect.toString()})({ kinds, layout, quote });
const format = (${createFormat.toString()})(inspect);
const createDeepEqual = ${createDeepEqual.toString()};
const createAssert = ${createAssert.toString()};
const createThrownCheck = ${createThrownCheck.toString()};
const consoleWith = (${createConsole.toString()})({ write, format, inspect });
const timers = (${createTimers.toString()})();
const webError = (${createWebError.toString()})();
const make = { ${Object.values(moduleMakers)
  .map((maker) => maker.toString().replace(/^function /u, ''))
  .join(',\n')} };
const createModules = ${createModules.toString()};
const createSide = () => {
  const deepEqual = createDeepEqual({ kinds, items, members, createCycles });
  const kit = createAssert({ inspect, deepEqual, checkThrown: createThrownCheck(inspect, deepEqual) });
  const console = consoleWith(kit.assert);
  const versions = { node: $4, v8: $5 };
  const exit = createExit();
  const parts = { make, kit, console, write, input: $1 ?? '', inspect, format, deepEqual, kinds, timers, webError, exit, versions, heapBytes: $6, started: $3 ? '/tests.js' : '/program.js' };
  return { kit, console, exit, modules: createModules(parts) };
};
const define = Reflect.defineProperty;
const offer = (name, value) =>
  define(globalThis, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
const programSide = createSide();
offer('assert', programSide.kit.assert);
offer('console', programSide.console);
for (const name of Object.keys(timers.globals)) offer(name, timers.globals[name]);
if ($1 !== undefined) {
  let next = 0;
  offer('stdin', $1);
  offer('readline', () => {
    if (next > $1.length) return null;
    const end = $1.indexOf('\\n', next) >= 0 ? $1.indexOf('\\n', next) : $1.length;
    const line = $1.slice(next, end);
    next = end + 1;
    return line;
  });
}
const program = (${createProgramGlobals.toString()})(programSide.modules, timers, !$3);
const testSide = createSide();
const own = { __proto__: null, $load_: testSide.modules.importModule, assert: testSide.kit.assert, console: testSide.console, ...timers.globals };
const reads = { __proto__: null, ...testSide.modules.globals, require: () => testSide.modules.require };
const pristine = ${JSON.stringify(pristineNames)}.map((name) => {
  const value = name in reads ? undefined : (own[name] ?? globalThis[name]);
  return reads[name] ?? (() => value);
});
const harness = (${createHarness.toString()})({ pristine, tests: testSide.kit, timers, inspect, program, exits: [programSide.exit, testSide.exit] });
return {
  ...harness,
  runFunction: program.run,
  moduleNames: () => programSide.modules.names.join(' '),
  keysOf: (name) => programSide.modules.keysOf(name).join(' '),
  loadModule: programSide.modules.require,
  finish: program.finish,
};
`;
