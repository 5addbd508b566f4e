import type { WriteOutput } from '../create-console.ts';
import type { BufferType } from './create-buffer.ts';
import type { Stdin } from './create-stdin.ts';

/** What {@link createFs} is put together from. */
export interface FsParts {
  readonly stdin: () => Stdin;
  readonly buffers: BufferType;
  readonly write: WriteOutput;
  readonly toText: (chunk: unknown) => string;
  readonly stdout: () => object;
}

/**
 * Builds the `fs` of programs: there are no files but the standard input, output and error, by their numbers or their names under
 * /dev. Runs inside the isolate from its source text.
 */
export function createFs({ stdin, buffers, write, toText, stdout }: FsParts): object {
  const devices = new Map<unknown, 0 | 1 | 2>([
    [0, 0],
    ['/dev/stdin', 0],
    ['/dev/fd/0', 0],
    ['/proc/self/fd/0', 0],
    [1, 1],
    ['/dev/stdout', 1],
    ['/dev/fd/1', 1],
    [2, 2],
    ['/dev/stderr', 2],
    ['/dev/fd/2', 2],
  ]);
  const refuse = (code: string, text: string, call: string, path: unknown): never => {
    const isPath = typeof path === 'string';
    const error = new Error(`${code}: ${text}, ${call}${isPath ? ` '${path}'` : ''}`);
    throw Object.assign(error, { code, syscall: call, ...(isPath ? { path } : {}) });
  };
  const deviceOf = (path: unknown, call: string): 0 | 1 | 2 => {
    const device = devices.get(buffers.isBuffer(path) ? toText(path) : path);
    if (device !== undefined) return device;
    return typeof path === 'number'
      ? refuse('EBADF', 'bad file descriptor', call, path)
      : refuse('ENOENT', 'no such file or directory', call, String(path));
  };
  const openToRead = (path: unknown, call: string) => {
    if (deviceOf(path, call) !== 0) refuse('EBADF', 'bad file descriptor', 'read', undefined);
  };
  const encodingOf = (options: unknown): unknown =>
    typeof options === 'object' && options !== null ? (options as { encoding?: unknown }).encoding : options;
  const readFileSync = (path: unknown, options?: unknown): unknown => {
    openToRead(path, 'open');
    const encoding = encodingOf(options);
    if (encoding === 'utf8' || encoding === 'utf-8') return stdin().takeText();
    const all = buffers.over(stdin().takeBytes(Infinity)) as Uint8Array & {
      toString(encoding: unknown): string;
    };
    return encoding === undefined || encoding === null ? all : all.toString(encoding);
  };
  const writeFileSync = (path: unknown, chunk: unknown): void => {
    const device = deviceOf(path, 'open');
    if (device === 0) refuse('EBADF', 'bad file descriptor', 'write', undefined);
    write(device === 1 ? 'stdout' : 'stderr', toText(chunk));
  };
  const readSync = (fd: unknown, target: Uint8Array, from?: unknown, most?: number): number => {
    openToRead(fd, 'read');
    const options =
      typeof from === 'object' && from !== null ? (from as { offset?: number; length?: number }) : undefined;
    const offset = options?.offset ?? (typeof from === 'number' ? from : 0);
    const taken = stdin().takeBytes(
      Math.min(options?.length ?? most ?? Infinity, target.byteLength - offset),
    );
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(taken, offset);
    return taken.length;
  };
  const writeSync = (fd: unknown, chunk: unknown): number => {
    writeFileSync(fd, chunk);
    return buffers.from(toText(chunk)).length;
  };
  const promised =
    <A extends unknown[], R>(work: (...values: A) => R) =>
    (...values: A) =>
      new Promise<R>((resolve) => {
        resolve(work(...values));
      });
  const called =
    (work: (...values: never[]) => unknown) =>
    (...values: unknown[]): void => {
      const callback = values.pop() as (error: unknown, result?: unknown) => void;
      promised(work)(...(values as never[])).then(
        (result) => {
          callback(null, result);
        },
        (error: unknown) => {
          callback(error);
        },
      );
    };
  const existsSync = (path: unknown) => devices.has(path);
  return {
    readFileSync,
    writeFileSync,
    appendFileSync: writeFileSync,
    readSync,
    writeSync,
    existsSync,
    openSync: (path: unknown) => deviceOf(path, 'open'),
    closeSync: () => undefined,
    fsyncSync: () => undefined,
    fstatSync: () => ({ size: 0, isFile: () => false, isFIFO: () => true, isDirectory: () => false }),
    readFile: called(readFileSync),
    writeFile: called(writeFileSync),
    appendFile: called(writeFileSync),
    createReadStream: (path: unknown) => {
      openToRead(path, 'open');
      return stdin().stream;
    },
    createWriteStream: (path: unknown) => {
      deviceOf(path, 'open');
      return stdout();
    },
    promises: {
      readFile: promised(readFileSync),
      writeFile: promised(writeFileSync),
      appendFile: promised(writeFileSync),
    },
    constants: { O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2 },
  };
}
