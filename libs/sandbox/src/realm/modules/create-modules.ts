import type { AssertKit } from '../create-assert.ts';
import type { WriteOutput } from '../create-console.ts';
import type { DeepEqual } from '../create-deep-equal.ts';
import type { Inspect } from '../create-inspect.ts';
import type { Kinds } from '../create-kinds.ts';
import type { VirtualTimers } from '../create-timers.ts';
import type { createBufferNumbers } from './create-buffer-numbers.ts';
import type { createBuffer } from './create-buffer.ts';
import type { createEvents } from './create-events.ts';
import type { createFs } from './create-fs.ts';
import type { createLabel } from './create-label.ts';
import type { createLoader, Loader } from './create-loader.ts';
import type { createProcess, ExitState } from './create-process.ts';
import type { createReadline } from './create-readline.ts';
import type { createCoders, createPath } from './create-small-modules.ts';
import type { createStdin, Stdin } from './create-stdin.ts';
import type { createStructuredClone } from './create-structured-clone.ts';
import type { createUrlSearchParams } from './create-url-search-params.ts';
import type { createUtf8 } from './create-utf8.ts';
import type { createUtil } from './create-util.ts';
import type { createBase64, WebErrorType } from './create-web.ts';

/** What makes the modules, each in a file of its own. */
interface ModuleMakers {
  readonly createBase64: typeof createBase64;
  readonly createBuffer: typeof createBuffer;
  readonly createBufferNumbers: typeof createBufferNumbers;
  readonly createCoders: typeof createCoders;
  readonly createEvents: typeof createEvents;
  readonly createFs: typeof createFs;
  readonly createLabel: typeof createLabel;
  readonly createLoader: typeof createLoader;
  readonly createPath: typeof createPath;
  readonly createProcess: typeof createProcess;
  readonly createReadline: typeof createReadline;
  readonly createStdin: typeof createStdin;
  readonly createStructuredClone: typeof createStructuredClone;
  readonly createUrlSearchParams: typeof createUrlSearchParams;
  readonly createUtf8: typeof createUtf8;
  readonly createUtil: typeof createUtil;
}

/** What the modules of one side are put together from. */
export interface ModuleParts {
  readonly make: ModuleMakers;
  readonly kit: AssertKit;
  readonly console: object;
  readonly write: WriteOutput;
  readonly input: string;
  readonly inspect: Inspect;
  readonly format: (...values: readonly unknown[]) => string;
  readonly deepEqual: DeepEqual;
  readonly kinds: Kinds;
  readonly timers: VirtualTimers;
  /** `DOMException`, of both sides. */
  readonly webError: WebErrorType;
  readonly exit: ExitState;
  /** The file that was started. */
  readonly started: string;
  readonly versions: { readonly node: string; readonly v8: string };
  /** Bytes of the process, the heap, of it in use, and outside of it, with blanks between. */
  readonly heapBytes: () => string;
}

/** The modules of one side (the program or its tests), made when they are first asked for. */
export interface Modules extends Loader {
  /** Those that are globals too, by the names of the globals. */
  readonly globals: Readonly<Record<string, () => unknown>>;
}

/** Builds {@link Modules}. Runs inside the isolate from its source text. */
export function createModules(parts: ModuleParts): Modules {
  const { make, kit, write, input, inspect, timers, webError } = parts;
  const lazy = <T>(create: () => T) => {
    let made: { readonly it: T } | undefined;
    return () => (made ??= { it: create() }).it;
  };
  const {
    setImmediate: soon,
    setTimeout: wait,
    setInterval: repeat,
  } = timers.globals as Record<string, (...values: unknown[]) => unknown>;
  const later = (work: () => void) => {
    soon?.(work);
  };

  const label = make.createLabel();
  const utf8 = lazy(make.createUtf8);
  const buffers = lazy(() => make.createBuffer(utf8(), make.createBufferNumbers()));
  const coders = lazy(() => make.createCoders(utf8(), buffers(), label));
  const base64 = lazy(() => make.createBase64(buffers(), webError));
  const events = lazy(() => make.createEvents(inspect));
  const toText = (chunk: unknown): string => {
    if (typeof chunk === 'string') return chunk;
    if (ArrayBuffer.isView(chunk))
      return utf8().decode(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const error = new TypeError(`What is written must be text or bytes. Received ${inspect(chunk)}`);
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
  };
  const stdin = lazy((): Stdin => {
    const { openStream, ...taken } = make.createStdin({
      input,
      utf8: utf8(),
      buffers,
      emitters: events,
      later,
    });
    const stream = lazy(openStream);
    return {
      ...taken,
      get stream() {
        return stream();
      },
    };
  });
  const openInput = () => stdin().stream;
  const process = lazy(() => {
    const { exit, versions, heapBytes, started } = parts;
    return make.createProcess({
      exit,
      write,
      emitters: events(),
      stdin: openInput,
      toText,
      later,
      versions,
      heapBytes,
      started,
      timers,
    });
  });
  const fs = lazy(() => {
    const stdout = () => (process() as { readonly stdout: object }).stdout;
    return make.createFs({ stdin, buffers: buffers(), write, toText, stdout });
  });
  const readline = lazy(() => make.createReadline({ emitters: events(), stdin: openInput, later }));
  const startMs = Date.now();
  const performance = lazy(() => ({
    now: () => Date.now() - startMs,
    timeOrigin: startMs,
    mark: () => undefined,
    measure: () => undefined,
  }));
  const promisedTimers = lazy(() => ({
    setTimeout: (ms: unknown, value: unknown) => new Promise((resolve) => wait?.(resolve, ms, value)),
    setImmediate: (value: unknown) => new Promise((resolve) => soon?.(resolve, value)),
    setInterval: async function* (ms: unknown, value: unknown) {
      for (;;) yield await new Promise((resolve) => wait?.(resolve, ms, value));
    },
  }));
  const util = lazy(() => make.createUtil({ ...parts, coders: coders().web }));
  const system = lazy(() => ({
    EOL: '\n',
    platform: () => 'linux',
    type: () => 'Linux',
    cpus: () => [{ model: '', speed: 0, times: {} }],
    availableParallelism: () => 1,
  }));

  const modules: Record<string, () => unknown> = {
    assert: () => kit.assert,
    'assert/strict': () => kit.strict,
    buffer: lazy(() => ({ Buffer: buffers(), ...base64() })),
    console: () => parts.console,
    events,
    fs,
    'fs/promises': () => (fs() as { readonly promises: object }).promises,
    os: system,
    path: lazy(make.createPath),
    perf_hooks: lazy(() => ({ performance: performance() })),
    process,
    readline: () => readline().readline,
    'readline/promises': () => readline().promises,
    string_decoder: () => coders().decoder,
    timers: () => ({ ...timers.globals, setInterval: repeat, promises: promisedTimers() }),
    'timers/promises': promisedTimers,
    util,
  };
  const loader = make.createLoader(modules, inspect);
  const web = (name: string) => () => (coders().web as Record<string, unknown>)[name];
  const globals = {
    process,
    Buffer: buffers,
    performance,
    TextEncoder: web('TextEncoder'),
    TextDecoder: web('TextDecoder'),
    DOMException: () => webError,
    URLSearchParams: lazy(() => make.createUrlSearchParams(utf8(), label)),
    atob: () => base64().atob,
    btoa: () => base64().btoa,
    structuredClone: lazy(() => make.createStructuredClone(parts.kinds, webError)),
  };
  return { ...loader, globals };
}
