import type { WriteOutput } from '../create-console.ts';
import type { VirtualTimers } from '../create-timers.ts';
import type { EmitterType } from './create-events.ts';
import type { InputStream } from './create-stdin.ts';

/** How one side, the program or its tests, ends both: neither can take back what the other one set. */
export interface ExitState {
  /** Undefined while they run; the same on both sides. */
  status: number | undefined;
  /** What `process.exitCode` was set to. */
  code: unknown;
  /** Listeners of `exit`, to be called once with the status. No list, as accessors on its prototype could keep them out. */
  readonly listeners: Set<(status: number) => void>;
}

/** What {@link createProcess} is put together from. */
export interface ProcessParts {
  readonly exit: ExitState;
  readonly write: WriteOutput;
  readonly emitters: EmitterType;
  /** The file that was started: the tests, where there are some. */
  readonly started: string;
  readonly stdin: () => InputStream;
  readonly toText: (chunk: unknown) => string;
  readonly later: (work: () => void) => void;
  readonly timers: VirtualTimers;
  /** Versions of Node and V8. */
  readonly versions: { readonly node: string; readonly v8: string };
  /** Bytes of the process, the heap, of it in use, and outside of it, with blanks between. */
  readonly heapBytes: () => string;
}

/**
 * Builds the `process` of programs. `exit` throws what nothing should catch: whatever does, nothing that runs after it counts.
 * Runs inside the isolate from its source text.
 */
export function createProcess(parts: ProcessParts): object {
  const { exit, write, emitters, stdin, toText, later, versions, timers, heapBytes, started } = parts;
  const startMs = Date.now();
  let opened: InputStream | undefined;

  class Output extends emitters {
    readonly writable = true;
    readonly fd: number;
    readonly #stream: 'stdout' | 'stderr';
    constructor(stream: 'stdout' | 'stderr') {
      super();
      this.#stream = stream;
      this.fd = stream === 'stdout' ? 1 : 2;
    }
    write(chunk: unknown, ...rest: unknown[]): true {
      write(this.#stream, toText(chunk));
      const done = rest.at(-1);
      if (typeof done === 'function') later(done as () => void);
      return true;
    }
    end(chunk?: unknown, ...rest: unknown[]): this {
      if (chunk !== undefined && typeof chunk !== 'function') this.write(chunk, ...rest);
      else if (typeof chunk === 'function') later(chunk as () => void);
      return this;
    }
    cork(): void {
      // Nothing is held back.
    }
    uncork(): void {
      // Nothing was held back.
    }
  }
  const statusOf = (code: unknown): number => {
    if (code === undefined || code === null) return 0;
    const isWhole = Number.isInteger(code) || (typeof code === 'string' && /^[+-]?\d+$/.test(code));
    if (isWhole) return Number(code) & 0xff;
    const error = new TypeError(`The "code" argument must be a whole number. Received ${typeof code}`);
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
  };
  const end = (code?: unknown): never => {
    const status = statusOf(code ?? exit.code);
    if (exit.status === undefined) {
      for (const listener of exit.listeners) {
        exit.listeners.delete(listener);
        listener(status);
      }
      exit.status = status;
    }
    throw new Error(`the program ended itself with status ${exit.status}`);
  };

  type Listener = (...values: never[]) => unknown;
  const keepForExit = (name: string, listener: Listener) => {
    if (name === 'exit') exit.listeners.add(listener as (status: number) => void);
  };
  /** The latest of that function, also where it listens only once, by a function that calls it. */
  const forgetForExit = (listener: Listener) => {
    const found = [...exit.listeners].findLast(
      (kept) => kept === listener || (kept as { readonly listener?: unknown }).listener === listener,
    );
    if (found !== undefined) exit.listeners.delete(found);
  };

  class Process extends emitters {
    readonly argv = ['/usr/bin/node', started];
    readonly execArgv: string[] = [];
    readonly env = {};
    readonly platform = 'linux';
    readonly arch = 'x64';
    readonly pid = 1;
    readonly title = 'node';
    readonly version = `v${versions.node}`;
    readonly versions = versions;
    readonly stdout = new Output('stdout');
    readonly stderr = new Output('stderr');
    get stdin(): InputStream {
      opened ??= stdin();
      return opened;
    }
    get exitCode(): unknown {
      return exit.code;
    }
    set exitCode(code: unknown) {
      statusOf(code);
      exit.code = code;
    }
    override on(name: string, listener: Listener): this {
      keepForExit(name, listener);
      return super.on(name, listener);
    }
    addListener(name: string, listener: Listener): this {
      return this.on(name, listener);
    }
    override off(name: string, listener: Listener): this {
      if (name === 'exit') forgetForExit(listener);
      return super.off(name, listener);
    }
    removeListener(name: string, listener: Listener): this {
      return this.off(name, listener);
    }
    exit(code?: unknown): never {
      return end(code);
    }
    reallyExit(code?: unknown): never {
      return end(code);
    }
    cwd(): string {
      return '/';
    }
    uptime(): number {
      return (Date.now() - startMs) / 1000;
    }
    readonly nextTick = timers.nextTick;
    hrtime = Object.assign(
      ([seconds, nanoseconds]: readonly [number, number] = [0, 0]) => {
        const total = (Date.now() - startMs) * 1e6 - seconds * 1e9 - nanoseconds;
        return [Math.floor(total / 1e9), total - Math.floor(total / 1e9) * 1e9];
      },
      { bigint: () => BigInt(Date.now() - startMs) * 1_000_000n },
    );
    readonly memoryUsage = Object.assign(
      () => {
        const [rss, heapTotal, heapUsed, external] = heapBytes().split(' ').map(Number);
        return { rss, heapTotal, heapUsed, external, arrayBuffers: external };
      },
      { rss: () => Number(heapBytes().split(' ')[0]) },
    );
    emitWarning(warning: unknown): void {
      write('stderr', `${String(warning)}\n`);
    }
    openStdin(): InputStream {
      return this.stdin.resume();
    }
  }
  return new Process();
}
