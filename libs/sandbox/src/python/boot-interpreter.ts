import { SipfError } from '@sipf/errors';
import { encodeArgumentCounter } from './argument-counter.ts';
import { initialPages, linking, maxPages } from './linking.ts';
import { createPythonRealm, type PythonRealm } from './realm/create-python-realm.ts';
import type { ImportNames } from './realm/instantiate.ts';

/** A started interpreter for trusted code. */
export interface Boot {
  readonly realm: PythonRealm;
  readonly memory: WebAssembly.Memory;
  /** Runs a text in the namespace, or in a new one, and returns its address. @throws SipfError with its output. */
  readonly runText: (text: string, space?: number) => number;
  /** Address of a namespace's object by name. */
  readonly lookUp: (space: number, name: string) => number;
}

/** Modules that programs must not use: native memory and code, processes, hooks beneath the interpreter. */
const removedModules = ['_ctypes', '_posixsubprocess', '_lsprof', '_tracemalloc', 'faulthandler', 'mmap'];
const environment = ['PYTHONHOME=/', 'PYTHONHASHSEED=0', 'PYTHONDONTWRITEBYTECODE=1', 'LANG=C.UTF-8'];

/** Starts CPython from its module and an archive of its library. @throws SipfError `unavailable` when it does not start. */
export function bootInterpreter(module: WebAssembly.Module, library: Uint8Array): Boot {
  const memory = new WebAssembly.Memory({ initial: initialPages, maximum: maxPages });
  const printed: string[] = [];
  const parts = {
    ...{ module, memory, library, environment, linking },
    counter: new WebAssembly.Module(encodeArgumentCounter()),
    imports: listImports(module),
    stackPointer: linking.stackHigh,
  };
  const realm = createPythonRealm(parts, (_descriptor, text) => printed.push(text));
  const { call } = realm.native;
  call('__wasm_apply_data_relocs');
  call('__wasm_call_ctors');
  removeModules(realm);
  call('Py_InitializeEx', 0);
  const failed = () => {
    call('PyErr_Print');
    return new SipfError(
      'unavailable',
      `the interpreter's image cannot be built: ${printed.join('').slice(-2_000)}`,
      {
        reason: 'SANDBOX_START_FAILED',
      },
    );
  };
  const runText = (text: string, space = newNamespace(realm)) => {
    const compiled = call('Py_CompileStringExFlags', store(realm, text), store(realm, '<image>'), 257, 0, -1);
    if (compiled === 0 || call('PyEval_EvalCode', compiled, space, space) === 0) throw failed();
    return space;
  };
  return {
    realm,
    memory,
    runText,
    lookUp: (space, name) => call('PyDict_GetItemString', space, store(realm, name)),
  };
}

/** Names what a module imports, each once, functions and globals; memories, tables and tags are counted among the globals. */
export function listImports(module: WebAssembly.Module): ImportNames {
  const groups = Object.groupBy(WebAssembly.Module.imports(module), (entry) => entry.module);
  const list = (entries: { name: string; kind: string }[], isFunction: boolean) =>
    [
      ...new Set(entries.filter(({ kind }) => (kind === 'function') === isFunction).map(({ name }) => name)),
    ].join(' ');
  return Object.fromEntries(
    Object.entries(groups).map(([name, entries = []]) => [
      name,
      { functions: list(entries, true), globals: list(entries, false) },
    ]),
  );
}

function store({ native, heap }: PythonRealm, text: string): number {
  const bytes = Buffer.from(`${text}\0`).toString('latin1');
  const pointer = native.call('malloc', bytes.length);
  heap.writeText(pointer, bytes);
  return pointer;
}

function newNamespace(realm: PythonRealm): number {
  const { call } = realm.native;
  const space = call('PyDict_New');
  call('PyDict_SetItemString', space, store(realm, '__builtins__'), call('PyEval_GetBuiltins'));
  return space;
}

/** Removes modules from the interpreter's table of built-in ones: pairs of a name and a function, ended by two zeros. */
function removeModules({ native, heap }: PythonRealm): void {
  const view = heap.view();
  const table = view.getUint32(native.address('PyImport_Inittab'), true);
  let to = table;
  for (let from = table; ; from += 8) {
    const name = view.getUint32(from, true);
    if (name !== 0 && removedModules.includes(heap.readText(name))) continue;
    view.setUint32(to, name, true);
    view.setUint32(to + 4, view.getUint32(from + 4, true), true);
    if (name === 0) return;
    to += 8;
  }
}
