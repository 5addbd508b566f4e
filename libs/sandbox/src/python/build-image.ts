import { SipfError } from '@sipf/errors';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bootInterpreter, listImports, type Boot } from './boot-interpreter.ts';
import { clampSizes, type Clamping } from './clamp-sizes.ts';
import { compileAhead } from './compile-ahead.ts';
import { linking, neededExports, pageBytes, sparePages } from './linking.ts';
import { findSegments, type PythonImage } from './python-image.ts';
import type { Handles } from './realm/create-interpreter.ts';
import type { NativeInstance } from './realm/instantiate.ts';
import { slimModule } from './wasm-binary.ts';

/** The interpreter as its package ships it. */
interface InterpreterFiles {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** The standard library's sources, an archive. */
  readonly library: Uint8Array;
}

/** Replaced and added modules of the library, with their files in `library/`. */
const ownModules = {
  'asyncio/unix_events.py': 'unix_events.py',
  '_one_thread.py': '_one_thread.py',
  '_wide_reads.py': '_wide_reads.py',
};
/** Text appended to other modules. */
const moduleEnds = {
  'threading.py': 'threading_end.py',
  'queue.py': 'queue_end.py',
  'concurrent/futures/__init__.py': 'futures_end.py',
  'concurrent/futures/thread.py': 'thread_pool_end.py',
  're/_parser.py': 'parser_end.py',
};

const require = createRequire(import.meta.url);

/** A file of the interpreter's package. */
export function packageFile(name: string): Buffer<ArrayBuffer> {
  return readFileSync(path.join(path.dirname(require.resolve('pyodide/package.json')), name));
}

/** {@link buildImage} of the installed interpreter. */
export function buildFromPackage(): PythonImage {
  return buildImage({ wasm: packageFile('pyodide.asm.wasm'), library: packageFile('python_stdlib.zip') });
}

const readOwn = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/**
 * Starts CPython twice, to compile its library and to capture its memory with that, and makes the engine optimise it; takes a few
 * seconds.
 * @throws SipfError `internal` for another interpreter than the one that this was written for.
 */
function buildImage(files: InterpreterFiles): PythonImage {
  const module = new WebAssembly.Module(files.wasm);
  const first = bootInterpreter(module, files.library);
  const library = compileLibrary(first);
  const boot = bootInterpreter(module, library);
  const { native, heap } = boot.realm;
  const space = boot.runText(readOwn('prepare.py'));
  const handles = takeHandles(boot, space);
  const engine = heap.readText(native.call('PyUnicode_AsUTF8', boot.lookUp(space, 'engine')));
  boot.runText('settle()', space);
  native.call('PyObject_GC_UnTrack', handles.builtins);
  const stackPointer = native.stackPointer();
  const heapEnd = heap.view().getUint32(native.call('emscripten_get_sbrk_ptr'), true);
  const pages = Math.ceil(heapEnd / pageBytes) + sparePages;
  const memory = new Uint8Array(boot.memory.buffer, 0, pages * pageBytes);
  // Below the stack's top lie remains of calls that have ended.
  memory.fill(0, linking.stackLow, stackPointer);
  const wide = clampSizes(files.wasm, findSizes(first));
  const slim = slimModule(wide, { exports: neededExports, renameImport: mergeUnanswered(native) });
  const image = {
    ...{ engine, library, handles, stackPointer, pages },
    ...{ module: slim, code: new Uint8Array(0) },
    imports: listImports(new WebAssembly.Module(slim)),
    segments: findSegments(memory),
  };
  return { ...image, code: compileAhead(image, readOwn('training.py')) };
}

/** One name for all imports without implementation; `instantiate` provides it. */
function mergeUnanswered({ answers }: NativeInstance) {
  const answered = new Set(answers());
  return (name: string, kind: 'function' | 'global') => {
    if (answered.has(name)) return name;
    return kind === 'global'
      ? 'nowhere'
      : (/^(?:__syscall_|_emscripten_system|fd_)/u.exec(name)?.[0] ?? 'nothing');
  };
}

function compileLibrary({ runText, realm }: Boot): Uint8Array {
  const texts = (files: Readonly<Record<string, string>>) =>
    JSON.stringify(
      Object.fromEntries(Object.entries(files).map(([module, file]) => [module, readOwn(`library/${file}`)])),
    );
  const space = runText(readOwn('library.py'));
  const [own, ends] = [texts(ownModules), texts(moduleEnds)];
  runText(`compile_library("/lib/python313.zip", "/library.zip", ${own}, ${ends})`, space);
  const file = realm.root.children.get('library.zip');
  return Uint8Array.from(file?.bytes.subarray(0, file.size) ?? []);
}

/** Table entries of the functions that `sizes.py` names, found in the C structures of their objects. */
function findSizes({ runText, lookUp, realm: { native, heap } }: Boot): Clamping {
  const space = runText(readOwn('sizes.py'));
  const listing = heap.readText(native.call('PyUnicode_AsUTF8', lookUp(space, 'listing')));
  const [methods = [], makers = [], initializers = []] = listing
    .split('|')
    .map((ids) => ids.split(',').map(Number));
  const at = (address: number) => heap.view().getUint32(address, true);
  const [descriptorMethod, methodFunction, typeInit, typeNew] = [20, 4, 148, 156];
  const addresses = [
    ...methods.map((method) => at(method + descriptorMethod) + methodFunction),
    ...makers.map((type) => type + typeNew),
    ...initializers.map((type) => type + typeInit),
  ];
  return {
    entries: addresses.map((address) => at(address) - linking.tableBase),
    // The first reads the arguments of `itertools.repeat`; the others repeat sequences, where an empty one stays empty.
    exports: ['PyArg_ParseTupleAndKeywords', 'PyNumber_Multiply', 'PyNumber_InPlaceMultiply'],
  };
}

/** Calls left and their limit, side by side in the main thread's state. */
function findCallsLeft({ native, heap }: Boot['realm']): number {
  const callsLeft = native.call('PyThreadState_Get') + 28;
  const limit = native.call('Py_GetRecursionLimit');
  if (heap.view().getInt32(callsLeft + 4, true) === limit) return callsLeft;
  throw new SipfError('unavailable', "the interpreter's depth is not where it was expected", {
    reason: 'SANDBOX_START_FAILED',
  });
}

function takeHandles({ lookUp, realm }: Boot, space: number): Handles {
  const { native } = realm;
  const take = (name: string) => {
    const address = lookUp(space, name);
    native.call('Py_IncRef', address);
    return address;
  };
  return {
    globals: take('main'),
    builtins: native.call('PyDict_Copy', native.call('PyEval_GetBuiltins')),
    ownBuiltins: native.call('PyEval_GetBuiltins'),
    sources: take('sources'),
    describe: take('describe'),
    callsLeft: findCallsLeft(realm),
    uncaught: take('uncaught'),
    leavesWell: take('leaves_well'),
    checkThreads: take('check_threads'),
    reseed: take('reseed'),
    flush: take('flush'),
    finish: take('finish'),
  };
}
