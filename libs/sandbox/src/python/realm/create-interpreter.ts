import type { Heap } from './create-heap.ts';
import type { NativeInstance } from './instantiate.ts';

/** Addresses of objects in an image, for resuming it; programs cannot name them. */
export interface Handles {
  /** The dictionary of `__main__`, in which programs without tests run. */
  readonly globals: number;
  /** The built-in names as they were, in a dictionary that programs cannot find. */
  readonly builtins: number;
  /** The dictionary of `builtins`. */
  readonly ownBuiltins: number;
  /** File name to text, for {@link Handles.describe}. */
  readonly sources: number;
  readonly describe: number;
  /** The address of how many more calls the main thread may be deep in; its limit follows. */
  readonly callsLeft: number;
  /** What a process makes of an error that nothing catches; whether it ends with status 0 all the same. */
  readonly uncaught: number;
  /** Says whether a `SystemExit` ends a process with status 0. */
  readonly leavesWell: number;
  /** Raises what a thread of the program was refused, if it was. */
  readonly checkThreads: number;
  readonly reseed: number;
  readonly flush: number;
  /** What a process does at its end: functions registered with `atexit`, `__del__`, flushing. */
  readonly finish: number;
}

/** A program and its tests in UTF-8, and the secret that proves that the tests came to their end. */
export interface PythonSources {
  readonly code: Uint8Array;
  /** Undefined where there are none: then the program only has to run, and may leave with status 0. */
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
  const failure = (where: 'code' | 'tests', error: number, isCompiled: boolean): PythonFailure => {
    const description = describe(error);
    // The parser gives up on what is nested too deeply with an error of memory too, and a text.
    const isHungry =
      matches(error, 'PyExc_MemoryError') && (isCompiled || description.message === 'MemoryError');
    const status = isHungry ? 'out-of-memory' : isCompiled ? 'failed' : 'syntax-error';
    const kind = matches(error, 'PyExc_AssertionError') ? 'assertion' : 'exception';
    return { status, kind, where, ...description };
  };
  /** A text is what it is, whatever encoding its first lines name. */
  const storeCompilerFlags = () => {
    const [sourceIsUtf8, ignoreCookie, minorVersion] = [0x100, 0x800, 13];
    const pointer = allocate(8);
    heap.view().setInt32(pointer, sourceIsUtf8 | ignoreCookie, true);
    heap.view().setInt32(pointer + 4, minorVersion, true);
    return pointer;
  };
  const compile = (where: 'code' | 'tests', text: Uint8Array): number | PythonFailure => {
    const fileName = storeName(where === 'code' ? 'program.py' : 'tests.py');
    const pointer = storeText(text);
    const source = call('PyUnicode_FromStringAndSize', pointer, text.length);
    if (source !== 0) call('PyDict_SetItemString', handles.sources, fileName, source);
    const compiled = call('Py_CompileStringExFlags', pointer, fileName, fileInput, storeCompilerFlags(), 0);
    call('free', pointer);
    return compiled === 0 ? failure(where, call('PyErr_GetRaisedException'), false) : compiled;
  };
  /** Runs what was compiled; the exception that ended it, or 0. */
  const evaluate = (compiled: number, globals: number) =>
    call('PyEval_EvalCode', compiled, globals, globals) === 0 ? call('PyErr_GetRaisedException') : 0;
  const setBuiltins = (globals: number, builtins: number) => {
    call('PyDict_SetItemString', globals, storeName('__builtins__'), builtins);
  };
  /** As a script, whose process ends in its own way. */
  const runScript = (code: number): PythonFailure | undefined => {
    const error = evaluate(code, handles.globals);
    const isLeaving = error !== 0 && matches(error, 'PyExc_SystemExit');
    const ending = isLeaving ? handles.leavesWell : handles.uncaught;
    const answer = error === 0 ? 0 : call('PyObject_CallOneArg', ending, error);
    // A call that failed answers nothing, of which nothing may be asked.
    const isWell = answer !== 0 && call('PyObject_IsTrue', answer) === 1;
    call('PyErr_Clear');
    const failed = error === 0 || isWell ? undefined : failure('code', error, true);
    call('PyErr_Clear');
    call('PyObject_CallNoArgs', handles.finish);
    return failed;
  };
  /** As `exec` runs text in an empty dictionary: its `__name__` is that of the built-in names. */
  const runTested = (code: number, tests: number): PythonFailure | undefined => {
    const globals = call('PyDict_New');
    setBuiltins(globals, handles.ownBuiltins);
    const broken = evaluate(code, globals);
    if (broken !== 0) return failure('code', broken, true);
    setBuiltins(globals, call('PyDict_Copy', handles.builtins));
    const error = evaluate(tests, globals);
    return error === 0 ? undefined : failure('tests', error, true);
  };
  const refusal = () => {
    // What flushing a closed stream raised, for one.
    call('PyErr_Clear');
    const isRefused = call('PyObject_CallNoArgs', handles.checkThreads) === 0;
    return isRefused ? failure('code', call('PyErr_GetRaisedException'), true) : undefined;
  };
  const judge = ({ code, tests, nonce }: PythonSources): PythonReport => {
    // Both before either runs: a program has no part in how its tests are read.
    const compiledCode = compile('code', code);
    if (typeof compiledCode !== 'number') return compiledCode;
    const compiledTests = tests === undefined ? undefined : compile('tests', tests);
    if (typeof compiledTests === 'object') return compiledTests;
    const failed =
      compiledTests === undefined ? runScript(compiledCode) : runTested(compiledCode, compiledTests);
    return refusal() ?? failed ?? { status: 'finished', proof: nonce };
  };
  return (sources: PythonSources): PythonReport => {
    call('PyObject_CallNoArgs', handles.reseed);
    const report = judge(sources);
    call('PyErr_Clear');
    call('PyObject_CallNoArgs', handles.flush);
    return report;
  };
}
