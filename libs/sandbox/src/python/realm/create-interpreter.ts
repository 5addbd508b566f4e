import type { Heap } from './create-heap.ts';
import type { NativeInstance } from './instantiate.ts';

/** Addresses of objects that an image holds for whoever resumes it; a program has no name for them. */
export interface Handles {
  /** The dictionary of `__main__`. */
  readonly globals: number;
  /** The built-in names as they were, in a dictionary that programs cannot find. */
  readonly builtins: number;
  /** File name to text, for {@link Handles.describe}. */
  readonly sources: number;
  readonly describe: number;
  readonly reseed: number;
  readonly flush: number;
}

/** A program and its tests in UTF-8, and the secret that proves that the tests came to their end. */
export interface PythonSources {
  readonly code: Uint8Array;
  /** Undefined where there are none: then the program only has to run, and may end by `sys.exit(0)`. */
  readonly tests: Uint8Array | undefined;
  readonly nonce: string;
}

/** What was wrong; texts are binary. */
export interface PythonFailure {
  readonly status: 'failed' | 'syntax-error' | 'out-of-memory';
  readonly kind: 'assertion' | 'exception';
  readonly where: 'code' | 'tests';
  readonly message: string;
  readonly stack: string;
}

/** What a program came to. */
export type PythonReport = { readonly status: 'finished'; readonly proof: string } | PythonFailure;

/**
 * Makes the function that runs code and tests in a resumed interpreter. Whether the tests came to their end is the answer of a C
 * function, and the nonce stays outside the interpreter's memory. Runs inside the isolate from its source text.
 */
export function createInterpreter(native: NativeInstance, heap: Heap, handles: Handles) {
  const { call, address } = native;
  const fileInput = 257;
  const allocate = (bytes: number) => {
    const pointer = call('malloc', bytes);
    if (pointer === 0) throw new RangeError('the program does not fit into the memory');
    return pointer;
  };
  const storeName = (name: string) => {
    const pointer = allocate(name.length + 1);
    heap.writeText(pointer, `${name}\0`);
    return pointer;
  };
  const storeText = (text: Uint8Array) => {
    const pointer = allocate(text.length + 1);
    heap.bytes().set(text, pointer);
    heap.bytes()[pointer + text.length] = 0;
    return pointer;
  };
  const matches = (error: number, type: string) =>
    call('PyErr_GivenExceptionMatches', error, heap.view().getUint32(address(type), true)) !== 0;
  const readString = (object: number) => {
    const pointer = object === 0 ? 0 : call('PyUnicode_AsUTF8', object);
    return pointer === 0 ? '' : heap.readText(pointer);
  };
  const describe = (error: number) => {
    const described = call('PyObject_CallOneArg', handles.describe, error);
    call('PyErr_Clear');
    // A NUL within would end the text early, so the two parts are parted by another character.
    const [message = '', stack = ''] = readString(described).split('\x1e');
    return { message, stack };
  };
  const failure = (where: 'code' | 'tests', isCompiled: boolean): PythonFailure => {
    const error = call('PyErr_GetRaisedException');
    const status = matches(error, 'PyExc_MemoryError')
      ? 'out-of-memory'
      : isCompiled
        ? 'failed'
        : 'syntax-error';
    const kind = matches(error, 'PyExc_AssertionError') ? 'assertion' : 'exception';
    return { status, kind, where, ...describe(error) };
  };
  /** Compiles and runs one file; undefined when it ran to its end. */
  const evaluate = (where: 'code' | 'tests', text: Uint8Array): PythonFailure | undefined => {
    const fileName = storeName(where === 'code' ? 'program.py' : 'tests.py');
    const pointer = storeText(text);
    const source = call('PyUnicode_FromStringAndSize', pointer, text.length);
    if (source !== 0) call('PyDict_SetItemString', handles.sources, fileName, source);
    const compiled = call('Py_CompileStringExFlags', pointer, fileName, fileInput, 0, 0);
    call('free', pointer);
    if (compiled === 0) return failure(where, false);
    const ended = call('PyEval_EvalCode', compiled, handles.globals, handles.globals) !== 0;
    return ended ? undefined : failure(where, true);
  };
  const restoreBuiltins = () => {
    call(
      'PyDict_SetItemString',
      handles.globals,
      storeName('__builtins__'),
      call('PyDict_Copy', handles.builtins),
    );
  };
  const judge = ({ code, tests, nonce }: PythonSources): PythonReport => {
    const failed = evaluate('code', code);
    const hasLeft = tests === undefined && /^SystemExit(?:: 0)?$/u.test(failed?.message ?? '');
    if (failed !== undefined && !hasLeft) return failed;
    if (tests !== undefined) restoreBuiltins();
    return (
      (tests === undefined ? undefined : evaluate('tests', tests)) ?? { status: 'finished', proof: nonce }
    );
  };
  return (sources: PythonSources): PythonReport => {
    call('PyObject_CallNoArgs', handles.reseed);
    const report = judge(sources);
    call('PyErr_Clear');
    call('PyObject_CallNoArgs', handles.flush);
    return report;
  };
}
