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
  /** Bytes that are no text come back as others. */
  const checkText = (bytes: Uint8Array, text: string) => {
    const again = utf8.encode(text);
    if (again.length === bytes.length && again.every((byte, at) => byte === bytes[at])) return;
    const error = new TypeError('The encoded data was not valid for encoding utf-8');
    throw Object.assign(error, { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' });
  };
  /** Gives out whole characters and carries the beginning of one over; refuses what is no text where it is to be `fatal`. */
  const createPieces = (fatal = false) => {
    let carried: Uint8Array = new Uint8Array();
    return (bytes: Uint8Array, isLast: boolean) => {
      const all = buffers.concat([carried, bytes]);
      const end = isLast ? all.length : all.length - utf8.unfinished(all);
      carried = all.subarray(end);
      const whole = all.subarray(0, end);
      const text = utf8.decode(whole);
      if (fatal) checkText(whole, text);
      return text;
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
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    readonly #pieces;
    #isBegun = false;
    constructor(encoding = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
      if (!/^utf-?8$/i.test(encoding)) throw new RangeError(`The "${encoding}" encoding is not supported`);
      this.fatal = Boolean(options.fatal);
      this.ignoreBOM = Boolean(options.ignoreBOM);
      this.#pieces = createPieces(this.fatal);
    }
    decode(value?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string {
      const isLast = options?.stream !== true;
      const text = this.#pieces(bytesOf(value), isLast);
      const isFirst = !this.#isBegun;
      this.#isBegun = !isLast && (this.#isBegun || text !== '');
      return isFirst && !this.ignoreBOM ? text.replace(/^\ufeff/, '') : text;
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
