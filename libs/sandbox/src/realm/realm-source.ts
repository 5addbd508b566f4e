import { createAssert } from './create-assert.ts';
import { createConsole } from './create-console.ts';
import { createDeepEqual } from './create-deep-equal.ts';
import { createHarness } from './create-harness.ts';
import { createInspect } from './create-inspect.ts';
import { createTimers } from './create-timers.ts';
import { lockIntrinsics } from './lock-intrinsics.ts';

const words = (text: string) => text.trim().split(/\s+/u);

/** Names that tests see as they were before the program ran, whatever the program declares or assigns. */
export const pristineNames: readonly string[] = words(`
  assert console setTimeout clearTimeout setInterval clearInterval queueMicrotask globalThis
  Object Function Array String Number Boolean Symbol BigInt Math JSON Reflect Proxy Promise RegExp Date Intl
  Map Set WeakMap WeakSet WeakRef ArrayBuffer DataView Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array
  Uint8ClampedArray Float32Array Float64Array BigInt64Array BigUint64Array
  Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError
  parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI
`);

/** What is taken away: shared memory and the means to block on it, and WebAssembly, whose memory no limit counts. */
const removedNames: readonly string[] = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'console'];

/**
 * The script that turns a bare context into the realm of a program, as the body of a closure.
 * Arguments: `$0` writes output, `$1` is the standard input, `$2` the most characters of one write. Returns a {@link Turn}.
 */
export const realmSource = `
'use strict';
for (const name of ${JSON.stringify(removedNames)}) delete globalThis[name];
(${lockIntrinsics.toString()})();
const createAssert = ${createAssert.toString()};
const inspect = (${createInspect.toString()})();
const deepEqual = (${createDeepEqual.toString()})();
const consoleWith = (${createConsole.toString()})($0, inspect, $2);
const timers = (${createTimers.toString()})();
const define = Reflect.defineProperty;
const offer = (name, value) =>
  define(globalThis, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
const program = createAssert(inspect, deepEqual);
offer('assert', program.assert);
offer('console', consoleWith(program.assert));
for (const name of Object.keys(timers.globals)) offer(name, timers.globals[name]);
if ($1 !== undefined) {
  const lines = $1.split('\\n');
  let next = 0;
  offer('stdin', $1);
  offer('readline', () => (next < lines.length ? lines[next++] : null));
}
const tests = createAssert(inspect, deepEqual);
const own = { __proto__: null, assert: tests.assert, console: consoleWith(tests.assert), ...timers.globals };
const pristine = ${JSON.stringify(pristineNames)}.map((name) => own[name] ?? globalThis[name]);
return (${createHarness.toString()})({ pristine, tests, timers, inspect });
`;
