import type { Linking } from './realm/instantiate.ts';

/** Where the pinned interpreter's own loader puts its data, and where the data end and the stack begins. */
const packaged = { memoryBase: 1_024, stackLow: 3_567_648 } as const;
const dataBytes = packaged.stackLow - packaged.memoryBase;
/**
 * Enough for whatever the interpreter's own limits let a program do, as 8 MiB are on 64 bits: of 10,000 calls of C functions
 * sorting with a key takes most, 7 MiB, and of what is compiled a chain of 10,000 attributes, 15.5 MiB. All of it is cleared for
 * every program.
 */
const stackBytes = 16 * 2 ** 20;

/**
 * Where the pinned interpreter's linker put things, and where its loader is free to put the rest: the data follow the stack and the
 * heap the data, so that a stack that is used up ends the program and overwrites nothing. `linking.spec.ts` compares them with the
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

/** Pages that a starting interpreter has: what its package gives it, beside the stack. */
export const initialPages = 320 + stackBytes / pageBytes;

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
