import type { HostCalls } from './create-file-calls.ts';

/** Names of the interpreter's imports by module, functions and globals, parted by spaces. */
export type ImportNames = Readonly<Record<string, { readonly functions: string; readonly globals: string }>>;

/** Numbers fixed when the interpreter was linked; see `linking.ts`. */
export interface Linking {
  readonly stackLow: number;
  readonly stackHigh: number;
  readonly heapBase: number;
  readonly memoryBase: number;
  readonly tableBase: number;
  readonly tableLength: number;
}

/** What an instance is put together from. */
export interface InstanceParts {
  readonly module: WebAssembly.Module;
  /** Says how many arguments a function of the table takes; see `argument-counter.ts`. */
  readonly counter: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly imports: ImportNames;
  readonly linking: Linking;
  /** Value of the stack pointer that the memory's contents go with. */
  readonly stackPointer: number;
  readonly calls: HostCalls;
}

/** A WebAssembly function of the interpreter; pointers and integers are numbers. */
type Native = (...args: number[]) => number;

/** A running interpreter. */
export interface NativeInstance {
  readonly call: (name: string, ...args: number[]) => number;
  /** Address that an exported symbol stands at. */
  readonly address: (name: string) => number;
  readonly stackPointer: () => number;
  /** Names of the imports that are answered, other than by "not supported". */
  readonly answers: () => readonly string[];
}

/**
 * Makes an instance whose every import that is not among `calls` answers "not supported". Runs inside the isolate from its source
 * text.
 */
export function instantiate(parts: InstanceParts): NativeInstance {
  const { linking, memory, calls } = parts;
  const ENOSYS = 52;
  const table = new WebAssembly.Table({ initial: linking.tableLength + 1, element: 'anyfunc' });
  const stackPointer = new WebAssembly.Global({ value: 'i32', mutable: true }, parts.stackPointer);
  const constant = (value: number) => new WebAssembly.Global({ value: 'i32', mutable: false }, value);
  const moving = (value: number) => new WebAssembly.Global({ value: 'i32', mutable: true }, value);
  const fixed: Record<string, WebAssembly.ImportValue | undefined> = {
    memory,
    __indirect_function_table: table,
    __stack_pointer: stackPointer,
    __memory_base: constant(linking.memoryBase),
    __table_base: constant(linking.tableBase),
    __c_longjmp: new WebAssembly.Tag({ parameters: ['i32'] }),
    __cpp_exception: new WebAssembly.Tag({ parameters: ['i32'] }),
    __heap_base: moving(linking.heapBase),
    __stack_low: moving(linking.stackLow),
    __stack_high: moving(linking.stackHigh),
    ...calls,
    _PyEM_TrampolineCall_JS: (entry: number, ...args: number[]) => (table.get(entry) as Native)(...args),
    __call_sighandler: (entry: number, signal: number) => (table.get(entry) as Native)(signal),
    create_sentinel: () => null,
  };
  // Each of these stands for many imports that are never of use: making one of its own for each would cost time.
  const nowhere = moving(0);
  const nothing = () => 0;
  const unsupportedCall = () => -ENOSYS;
  const unsupportedFile = () => ENOSYS;
  const answer = (name: string) => {
    if (name.startsWith('__syscall_') || name === '_emscripten_system') return unsupportedCall;
    return name.startsWith('fd_') ? unsupportedFile : nothing;
  };
  const supplied: WebAssembly.Imports = {};
  for (const [module, { functions, globals }] of Object.entries(parts.imports)) {
    const group: Record<string, WebAssembly.ImportValue> = {};
    for (const name of functions.split(' ')) group[name] = fixed[name] ?? answer(name);
    for (const name of globals.split(' ')) group[name] = fixed[name] ?? nowhere;
    supplied[module] = group;
  }
  const counter = new WebAssembly.Instance(parts.counter, { e: { t: table } });
  const { exports } = new WebAssembly.Instance(parts.module, supplied);
  table.set(linking.tableLength, counter.exports.f as Native);
  return {
    call: (name, ...args) => (exports[name] as Native)(...args),
    address: (name) => linking.memoryBase + (exports[name] as WebAssembly.Global).value,
    stackPointer: () => stackPointer.value,
    answers: () => Object.keys(fixed),
  };
}
