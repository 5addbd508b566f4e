import type { BufferType } from './create-buffer.ts';
import type { Emitter, EmitterType } from './create-events.ts';
import type { Utf8 } from './create-utf8.ts';

/** The standard input: what is taken by one way of reading is gone for the others. */
export interface Stdin {
  /** All that is left, as text. */
  readonly takeText: () => string;
  /** At most so many of the bytes that are left; none at the end. */
  readonly takeBytes: (most: number) => Uint8Array;
  readonly stream: InputStream;
}

/** A readable stream with what programs use to read their input. */
export interface InputStream extends Emitter, AsyncIterable<unknown> {
  setEncoding(encoding?: unknown): this;
  read(size?: number): unknown;
  pause(): this;
  resume(): this;
}

/** What {@link createStdin} is put together from. */
export interface StdinParts {
  readonly input: string;
  readonly utf8: Utf8;
  readonly buffers: () => BufferType;
  readonly emitters: () => EmitterType;
  /** Runs a function later, before any timer that waits. */
  readonly later: (work: () => void) => void;
}

/** Builds {@link Stdin}. Runs inside the isolate from its source text. */
export function createStdin({ input, utf8, buffers, emitters, later }: StdinParts): Omit<Stdin, 'stream'> & {
  readonly openStream: () => InputStream;
} {
  /** As large as what a pipe hands over at once. */
  const chunkBytes = 65_536;
  let text: string | undefined = input;
  let bytes = new Uint8Array();
  let offset = 0;

  const takeBytes = (most: number) => {
    if (text !== undefined) [bytes, text] = [utf8.encode(text), undefined];
    const taken = bytes.subarray(offset, offset + most);
    offset += taken.length;
    return taken;
  };
  const takeText = () => {
    if (text === undefined) return utf8.decode(takeBytes(bytes.length));
    const all = text;
    text = '';
    return all;
  };

  const openStream = (): InputStream => {
    let encoding: unknown;
    let isFlowing = false;
    let isScheduled = false;
    let hasEnded = false;
    let ready: unknown;
    let carried: Uint8Array = new Uint8Array();

    const toChunk = (taken: Uint8Array): unknown => {
      const type = buffers();
      if (encoding === undefined) return type.from(taken);
      const joined = type.concat([carried, taken]);
      const whole = joined.length - (taken.length === 0 ? 0 : utf8.unfinished(joined));
      carried = joined.subarray(whole);
      return (
        type.from(joined.subarray(0, whole)) as Uint8Array & { toString(encoding: unknown): string }
      ).toString(encoding);
    };
    const nextChunk = (): unknown => {
      const taken = takeBytes(chunkBytes);
      if (taken.length === 0 && carried.length === 0) return null;
      const chunk = toChunk(taken);
      return taken.length === 0 ? ((carried = new Uint8Array()), chunk) : chunk;
    };
    const isWanted = () => isFlowing || stream.listenerCount('readable') > 0;
    const finish = () => {
      hasEnded = true;
      stream.readable = false;
      stream.emit('end');
      later(() => stream.emit('close'));
    };
    const step = () => {
      isScheduled = false;
      if (hasEnded || !isWanted()) return;
      ready ??= nextChunk() ?? undefined;
      const isLast = ready === undefined;
      if (stream.listenerCount('readable') > 0) {
        stream.emit('readable');
        // What a listener leaves unread waits for the next call of read.
        if (!isLast && ready !== undefined) return;
      } else if (!isLast) {
        const chunk = ready;
        ready = undefined;
        stream.emit('data', chunk);
      }
      if (isLast) finish();
      else schedule();
    };
    const schedule = () => {
      if (isScheduled || hasEnded) return;
      isScheduled = true;
      later(step);
    };
    class Stdin extends emitters() {
      readable = true;
      readonly fd = 0;
      override on(name: string, listener: (...values: never[]) => unknown): this {
        super.on(name, listener);
        if (name === 'data') isFlowing = true;
        if (name === 'data' || name === 'readable') schedule();
        return this;
      }
      addListener(name: string, listener: (...values: never[]) => unknown): this {
        return this.on(name, listener);
      }
      setEncoding(asked: unknown = 'utf8'): this {
        encoding = asked;
        return this;
      }
      read(size?: number): unknown {
        if (ready === undefined && !hasEnded) {
          schedule();
          return null;
        }
        const chunk = ready as string | Uint8Array | undefined;
        if (chunk === undefined) return null;
        const rest = size === undefined ? undefined : chunk.slice(size);
        ready = rest === undefined || rest.length === 0 ? undefined : rest;
        if (ready === undefined) schedule();
        return size === undefined ? chunk : chunk.slice(0, size);
      }
      pause(): this {
        isFlowing = false;
        return this;
      }
      resume(): this {
        isFlowing = true;
        schedule();
        return this;
      }
      pipe<T extends { write(chunk: unknown): unknown; end(): unknown }>(destination: T): T {
        this.on('data', (chunk: unknown) => destination.write(chunk));
        this.on('end', () => destination.end());
        return destination;
      }
      isPaused(): boolean {
        return !isFlowing;
      }
      unref(): this {
        return this;
      }
      ref(): this {
        return this;
      }
      destroy(): this {
        hasEnded = true;
        return this;
      }
      async *[Symbol.asyncIterator](): AsyncGenerator {
        for (let chunk = ready ?? nextChunk(); chunk !== null; chunk = nextChunk()) {
          ready = undefined;
          yield chunk;
          await Promise.resolve();
        }
        hasEnded = true;
      }
    }
    const stream = new Stdin();
    return stream;
  };
  return { takeBytes, takeText, openStream };
}
