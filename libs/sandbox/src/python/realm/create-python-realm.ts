import { createFileCalls, type WriteOutput } from './create-file-calls.ts';
import { createFiles, type FileNode } from './create-files.ts';
import { createHeap, type Heap } from './create-heap.ts';
import { createSystemCalls } from './create-system-calls.ts';
import { instantiate, type InstanceParts, type NativeInstance } from './instantiate.ts';

/** What an interpreter is brought to life from. */
export interface PythonRealmParts extends Omit<InstanceParts, 'calls'> {
  /** The standard library: the archive that imports read from. */
  readonly library: Uint8Array;
  readonly environment: readonly string[];
}

/** What one program gets, and how much it may use. */
export interface PythonInput {
  readonly stdin: Uint8Array;
  /** The first random bytes that the program gets; those that follow are drawn from a generator that the last 16 start. */
  readonly randomBytes: Uint8Array;
  /** Pages of 64 KiB, the interpreter's own among them. */
  readonly maxPages: number;
  readonly maxFileBytes: number;
}

/** What is found in the memory of a running interpreter. */
interface Counters {
  /** The address of how many more calls the main thread may be deep in; its limit follows. */
  readonly callsLeft: number;
}

/** An interpreter with its files, its clock and nothing else of the world. */
export interface PythonRealm {
  readonly native: NativeInstance;
  readonly heap: Heap;
  readonly root: FileNode;
  /** Says what the program gets; once, before it runs. */
  readonly admit: (input: PythonInput, counters: Counters) => void;
  /** Puts a program's own text where its `__file__` says, since programs read themselves. */
  readonly addScript: (text: Uint8Array) => void;
  /** The status that the program left with through the system's door, if it did. */
  readonly exitStatus: () => number | undefined;
}

/** Builds the realm of one interpreter. Runs inside the isolate from its source text, beside the functions that it calls. */
export function createPythonRealm(parts: PythonRealmParts, write: WriteOutput): PythonRealm {
  const { memory, linking, library } = parts;
  let exitStatus: number | undefined;
  const world = {
    environment: parts.environment,
    random: { ready: new Uint8Array(0) as Uint8Array, state: new Uint32Array(4) },
    maxPages: 65_536,
    depth: () => 0,
    maxFileBytes: 2 ** 26,
    leave: (status: number): never => {
      exitStatus = status & 0xff;
      throw new Error('the program left');
    },
  };
  const heap = createHeap(memory);
  const files = createFiles(world);
  files.addReadOnly('/lib/python313.zip', library);
  const console = files.addReadOnly('/dev/console', new Uint8Array(0));
  for (const name of ['tmp', 'home']) files.create({ folder: files.root, name, node: undefined }, true);
  const calls = {
    ...createFileCalls(heap, files, console, write),
    ...createSystemCalls(heap, memory, world),
    _PyEM_InitTrampoline_js: () => {
      const offset = heap.view().getInt32(native.address('_PyEM_EMSCRIPTEN_COUNT_ARGS_OFFSET'), true);
      heap.view().setInt32(native.address('_PyRuntime') + offset, linking.tableLength, true);
    },
    _PyEM_GetCountArgsPtr: () => linking.tableLength,
  };
  const native = instantiate({ ...parts, calls });
  return {
    native,
    heap,
    root: files.root,
    admit: ({ stdin, randomBytes, maxPages, maxFileBytes }, { callsLeft }) => {
      console.bytes = stdin;
      console.size = stdin.length;
      world.random.ready = randomBytes.subarray(0, -16);
      world.random.state.set(new Uint32Array(Uint8Array.from(randomBytes.subarray(-16)).buffer));
      world.maxPages = maxPages;
      const read = (at: number) => heap.view().getInt32(at, true);
      world.depth = () => read(callsLeft + 4) - read(callsLeft);
      world.maxFileBytes = maxFileBytes;
    },
    addScript: (text) => {
      files.addReadOnly('/program.py', text);
    },
    exitStatus: () => exitStatus,
  };
}
