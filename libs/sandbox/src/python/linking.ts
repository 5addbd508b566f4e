import type { Linking } from './realm/instantiate.ts';

const stackLow = 3_567_648;
/**
 * The package's own loader gives 5 MiB, all of which would be cleared for every program. The engine's stack, of which each
 * call takes its part as well, is at its end before 0.6 MiB of this one are used.
 */
const stackBytes = 2 * 2 ** 20;

/**
 * Where the pinned interpreter's linker put things, and where its loader is free to put the rest: the heap follows the stack.
 * `linking.spec.ts` compares them with the package's own loader.
 */
export const linking: Linking = {
  stackLow,
  stackHigh: stackLow + stackBytes,
  heapBase: stackLow + stackBytes,
  memoryBase: 1_024,
  tableBase: 1,
  tableLength: 6_076,
};

/** Bytes of a page of WebAssembly memory. */
export const pageBytes = 65_536;

/** Pages that a memory has at least, by the interpreter's own declaration. */
export const initialPages = 320;

/**
 * Pages that an image has beyond what it uses: of a hundred programs two need more, which costs them a memory of their own. All are
 * cleared for every program.
 */
export const sparePages = 16;

/** Most pages that the interpreter can address. */
export const maxPages = 65_536;

/** What programs' instances call by name; every other export is left out of their module. */
export const neededExports: ReadonlySet<string> = new Set([
  'malloc',
  'free',
  'Py_CompileStringExFlags',
  'PyDict_Copy',
  'PyDict_SetItemString',
  'PyErr_Clear',
  'PyErr_GetRaisedException',
  'PyErr_GivenExceptionMatches',
  'PyEval_EvalCode',
  'PyExc_AssertionError',
  'PyExc_MemoryError',
  'PyObject_CallNoArgs',
  'PyObject_CallOneArg',
  'PyUnicode_AsUTF8',
  'PyUnicode_FromStringAndSize',
]);
