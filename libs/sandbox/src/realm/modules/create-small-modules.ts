import type { BufferType } from './create-buffer.ts';
import type { LabelType } from './create-label.ts';
import type { Utf8 } from './create-utf8.ts';

/** The coders of the web, and `string_decoder`. */
export interface Coders {
  readonly web: object;
  readonly decoder: object;
}

/** Builds {@link Coders}; those of the web of UTF-8 alone. Runs inside the isolate from its source text. */
export function createCoders(utf8: Utf8, buffers: BufferType, label: LabelType): Coders {
  const invalid = (argument: string, kinds: string) =>
    Object.assign(new TypeError(`The "${argument}" argument must be an instance of ${kinds}`), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  const viewed = (value: ArrayBufferView) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  /** Bytes that are not text come back as others. */
  const checkText = (bytes: Uint8Array, text: string) => {
    const again = utf8.encode(text);
    if (again.length === bytes.length && again.every((byte, at) => byte === bytes[at])) return;
    const error = new TypeError('The encoded data was not valid for encoding utf-8');
    throw Object.assign(error, { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' });
  };
  /** How bytes become text, and how many at their end begin a character that they do not finish. */
  interface Coding {
    readonly decode: (bytes: Uint8Array) => string;
    readonly unfinished: (bytes: Uint8Array) => number;
  }
  const fatalUtf8: Coding = {
    unfinished: utf8.unfinished,
    decode: (bytes) => {
      const text = utf8.decode(bytes);
      checkText(bytes, text);
      return text;
    },
  };
  const unfinishedBase64 = ({ length }: Uint8Array) => length % 3;
  const unfinished: Readonly<Record<string, Coding['unfinished']>> = {
    utf8: utf8.unfinished,
    base64: unfinishedBase64,
    base64url: unfinishedBase64,
  };
  const toText = (bytes: Uint8Array, encoding: string) =>
    (buffers.from(bytes) as Uint8Array & { toString: (encoding: string) => string }).toString(encoding);
  /** @throws TypeError for what no buffer is encoded in */
  const encodingOf = (given: unknown) => {
    const name = (String(given) || 'utf8').toLowerCase().replace('-', '');
    toText(new Uint8Array(), name);
    return name === 'binary' ? 'latin1' : name;
  };
  /** Gives out whole characters and carries the beginning of one over. */
  const createPieces = ({ decode, unfinished: left }: Coding) => {
    let carried: Uint8Array = new Uint8Array();
    return (bytes: Uint8Array, isLast: boolean) => {
      const all = buffers.concat([carried, bytes]);
      const end = isLast ? all.length : all.length - left(all);
      carried = all.subarray(end);
      return decode(all.subarray(0, end));
    };
  };
  // States under symbols, which are compared but not shown, as Node keeps them.
  const encoder = Symbol('encoder');
  const decoder = Symbol('decoder');
  const fatalKey = Symbol('kFatal');
  const markKey = Symbol('kIgnoreBOM');
  const custom = Symbol.for('nodejs.util.inspect.custom');
  type Show = (value: unknown, options: object) => string;
  class TextEncoder {
    readonly [encoder] = true;
    get encoding(): string {
      return 'utf-8';
    }
    [custom](_depth: number, options: object, show: Show): string {
      return show({ encoding: this.encoding }, options);
    }
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
    readonly [decoder] = true;
    readonly [fatalKey]: boolean;
    readonly [markKey]: boolean;
    readonly #pieces;
    #isBegun = false;
    constructor(encoding = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
      if (!/^utf-?8$/i.test(encoding)) {
        const error = new RangeError(`The "${encoding}" encoding is not supported`);
        throw Object.assign(error, { code: 'ERR_ENCODING_NOT_SUPPORTED' });
      }
      this[fatalKey] = Boolean(options.fatal);
      this[markKey] = Boolean(options.ignoreBOM);
      this.#pieces = createPieces(this.fatal ? fatalUtf8 : utf8);
    }
    get encoding(): string {
      return 'utf-8';
    }
    get fatal(): boolean {
      return this[fatalKey];
    }
    get ignoreBOM(): boolean {
      return this[markKey];
    }
    [custom](_depth: number, options: object, show: Show): string {
      const { encoding, fatal, ignoreBOM } = this;
      return `TextDecoder ${show({ encoding, fatal, ignoreBOM }, options)}`;
    }
    decode(value: unknown = new Uint8Array(), options?: { stream?: boolean }): string {
      const isBuffer = value instanceof ArrayBuffer;
      if (!isBuffer && !ArrayBuffer.isView(value)) throw invalid('list', 'ArrayBuffer or ArrayBufferView.');
      const isLast = !options?.stream;
      const text = this.#pieces(isBuffer ? new Uint8Array(value) : viewed(value), isLast);
      const isFirst = !this.#isBegun;
      this.#isBegun = !isLast && (this.#isBegun || text !== '');
      return isFirst && !this.ignoreBOM ? text.replace(/^\ufeff/, '') : text;
    }
  }
  class StringDecoder {
    readonly encoding: string;
    readonly #pieces;
    constructor(encoding?: unknown) {
      const name = encodingOf(encoding ?? 'utf8');
      this.encoding = name;
      const decode = (bytes: Uint8Array) => toText(bytes, name);
      this.#pieces = createPieces({ decode, unfinished: unfinished[name] ?? (() => 0) });
    }
    write(bytes: unknown): string {
      if (typeof bytes === 'string') return bytes;
      if (!ArrayBuffer.isView(bytes)) throw invalid('buf', 'Buffer, TypedArray, or DataView.');
      return this.#pieces(viewed(bytes), false);
    }
    end(bytes?: unknown): string {
      return (bytes === undefined ? '' : this.write(bytes)) + this.#pieces(new Uint8Array(), true);
    }
  }
  label(TextEncoder, 'TextEncoder', ['encoding', 'encode', 'encodeInto']);
  label(TextDecoder, 'TextDecoder', ['decode', 'encoding', 'fatal', 'ignoreBOM']);
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
  const parse = (path: string) => {
    const [base, ext] = [basename(path), extname(path)];
    const folder = dirname(path);
    const isBare = folder === '.' && !trimmed(path).startsWith('./');
    const name = ext === '' ? base : base.slice(0, -ext.length);
    return { root: isAbsolute(path) ? '/' : '', dir: isBare ? '' : folder, base, ext, name };
  };
  interface Parts {
    readonly dir?: string;
    readonly root?: string;
    readonly base?: string;
    readonly name?: string;
    readonly ext?: string;
  }
  const format = ({ dir, root = '', base, name = '', ext = '' }: Parts) => {
    const last = base ?? `${name}${ext !== '' && !ext.startsWith('.') ? '.' : ''}${ext}`;
    const folder = dir ?? root;
    if (folder === '') return last;
    return folder === root ? `${folder}${last}` : `${folder}/${last}`;
  };
  const relative = (from: string, to: string) => {
    const parts = (path: string) =>
      resolve(path)
        .split('/')
        .filter((part) => part !== '');
    const [start, end] = [parts(from), parts(to)];
    const shared = start.findIndex((part, at) => part !== end[at]);
    const same = shared < 0 ? start.length : shared;
    return [...start.slice(same).map(() => '..'), ...end.slice(same)].join('/');
  };
  const path = {
    ...{ normalize, join, resolve, relative, basename, dirname, extname, isAbsolute, parse, format },
    ...{ sep: '/', delimiter: ':' },
  };
  return Object.assign(path, { posix: path });
}
