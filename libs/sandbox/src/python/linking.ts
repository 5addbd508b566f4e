import type { Linking } from './realm/instantiate.ts';

/** Where the pinned interpreter's linker put things; `linking.spec.ts` compares them with the package's own loader. */
export const linking: Linking = {
  stackLow: 3_567_648,
  stackHigh: 8_810_528,
  heapBase: 8_810_528,
  memoryBase: 1_024,
  tableBase: 1,
  tableLength: 6_076,
};

/** Bytes of a page of WebAssembly memory. */
export const pageBytes = 65_536;

/** Pages that a memory has at least, by the interpreter's own declaration. */
export const initialPages = 320;

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
  'emscripten_get_sbrk_ptr',
]);
