import type { BufferType } from './create-buffer.ts';
import type { Utf8 } from './create-utf8.ts';

/** The coders of the web, and `string_decoder`. */
export interface Coders {
  readonly web: object;
  readonly decoder: object;
}

/** Builds {@link Coders}, of UTF-8 alone. Runs inside the isolate from its source text. */
export function createCoders(utf8: Utf8, buffers: BufferType): Coders {
  const bytesOf = (value: ArrayBuffer | ArrayBufferView = new Uint8Array()) =>
    ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
  /** Gives out whole characters and carries the beginning of one over. */
  const createPieces = () => {
    let carried: Uint8Array = new Uint8Array();
    return (bytes: Uint8Array, isLast: boolean) => {
      const all = buffers.concat([carried, bytes]);
      const end = isLast ? all.length : all.length - utf8.unfinished(all);
      carried = all.subarray(end);
      return utf8.decode(all.subarray(0, end));
    };
  };
  class TextEncoder {
    readonly encoding = 'utf-8';
    encode(text: unknown = ''): Uint8Array {
      return utf8.encode(String(text));
    }
    /** Writes the characters that fit as wholes; `read` counts UTF-16. */
    encodeInto(text: string, target: Uint8Array): { readonly read: number; readonly written: number } {
      let [read, written] = [0, 0];
      for (const character of text) {
        const bytes = utf8.encode(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        read += character.length;
        written += bytes.length;
      }
      return { read, written };
    }
  }
  class TextDecoder {
    readonly encoding = 'utf-8';
    readonly #pieces = createPieces();
    constructor(encoding = 'utf-8') {
      if (!/^utf-?8$/i.test(encoding)) throw new RangeError(`The "${encoding}" encoding is not supported`);
    }
    decode(value?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string {
      return this.#pieces(bytesOf(value), options?.stream !== true).replace(/^\ufeff/, '');
    }
  }
  class StringDecoder {
    readonly encoding = 'utf8';
    readonly #pieces = createPieces();
    write(bytes: Uint8Array | string): string {
      return typeof bytes === 'string' ? bytes : this.#pieces(bytesOf(bytes), false);
    }
    end(bytes?: Uint8Array): string {
      return this.#pieces(bytesOf(bytes), true);
    }
  }
  return { web: { TextEncoder, TextDecoder }, decoder: { StringDecoder } };
}

/** Builds the `path` of programs, for names with slashes. Runs inside the isolate from its source text. */
export function createPath(): object {
  const normalize = (path: string) => {
    const isAbsolute = path.startsWith('/');
    const parts: string[] = [];
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
      else if (part !== '..' || !isAbsolute) parts.push(part);
    }
    const end = path.endsWith('/') && parts.length > 0 ? '/' : '';
    return `${isAbsolute ? '/' : ''}${parts.join('/')}${end}` || '.';
  };
  const join = (...parts: string[]) => normalize(parts.filter((part) => part !== '').join('/') || '.');
  const resolve = (...parts: string[]) => {
    const from = parts.findLastIndex((part) => part.startsWith('/'));
    const whole = normalize(from < 0 ? ['', ...parts].join('/') : parts.slice(from).join('/'));
    return whole.length > 1 && whole.endsWith('/') ? whole.slice(0, -1) : whole;
  };
  const trimmed = (path: string) => path.replace(/(?<=.)\/+$/, '');
  const basename = (path: string, end = '') => {
    const name = trimmed(path).replace(/^.*\//, '');
    return end !== '' && name !== end && name.endsWith(end) ? name.slice(0, -end.length) : name;
  };
  const dirname = (path: string) => {
    const cut = trimmed(path);
    const at = cut.lastIndexOf('/');
    if (at < 0) return '.';
    return at === 0 ? '/' : cut.slice(0, at);
  };
  const extname = (path: string) => /(?<=[^/])\.[^./]*$/.exec(basename(path))?.[0] ?? '';
  const isAbsolute = (path: string) => path.startsWith('/');
  const path = { normalize, join, resolve, basename, dirname, extname, isAbsolute, sep: '/', delimiter: ':' };
  return Object.assign(path, { posix: path });
}
