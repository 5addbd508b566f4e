import type { Linking } from './realm/instantiate.ts';

/** Where the pinned interpreter's own loader puts its data; the data end, and the stack begins, at the second address. */
const packaged = { memoryBase: 1_024, stackLow: 3_567_648 } as const;
const dataBytes = packaged.stackLow - packaged.memoryBase;
/**
 * Enough for everything within the interpreter's own limits, as 8 MiB are on 64 bits: of 10,000 calls of C functions
 * sorting with a key takes most, 7 MiB, and of compiled code a chain of 10,000 attributes, 15.5 MiB. All of it is cleared for
 * every program.
 */
const stackBytes = 16 * 2 ** 20;

/**
 * Addresses chosen by the pinned interpreter's linker, and those that its loader may choose: the data follow the stack and the
 * heap the data, so that an exhausted stack ends the program and overwrites nothing. `linking.spec.ts` compares them with the
 * package's own loader.
 */
export const linking: Linking = {
  stackLow: packaged.memoryBase,
  stackHigh: packaged.memoryBase + stackBytes,
  heapBase: packaged.memoryBase + stackBytes + dataBytes,
  memoryBase: packaged.memoryBase + stackBytes,
  tableBase: 1,
  tableLength: 6_076,
};

/** Bytes of a page of WebAssembly memory. */
export const pageBytes = 65_536;

/** Pages of a starting interpreter: its package's default, besides the stack. */
export const initialPages = 320 + stackBytes / pageBytes;

/**
 * Spare pages of an image: two of a hundred programs need more, which costs them a separate memory. All are cleared for every
 * program.
 */
export const sparePages = 16;

/** Most pages that the interpreter can address. */
export const maxPages = 65_536;

/** Exports that programs' instances call by name; all others are removed from their module. */
export const neededExports: ReadonlySet<string> = new Set([
  'malloc',
  'free',
  'Py_CompileStringExFlags',
  'PyDict_Copy',
  'PyDict_New',
  'PyDict_SetItemString',
  'PyErr_Clear',
  'PyErr_GetRaisedException',
  'PyErr_GivenExceptionMatches',
  'PyEval_EvalCode',
  'PyExc_AssertionError',
  'PyExc_MemoryError',
  'PyExc_SystemExit',
  'PyObject_CallNoArgs',
  'PyObject_CallOneArg',
  'PyObject_IsTrue',
  'PyUnicode_AsUTF8',
  'PyUnicode_FromStringAndSize',
]);
