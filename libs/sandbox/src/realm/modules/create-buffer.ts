import type { BufferNumbers } from './create-buffer-numbers.ts';
import type { Utf8 } from './create-utf8.ts';

/** Bytes as Node's `Buffer` shows them: what programs need that read or write bytes. */
export interface BufferType {
  readonly from: (value: unknown, encoding?: unknown) => Uint8Array;
  /** Shares the bytes, where `from` copies them. */
  readonly over: (bytes: Uint8Array) => Uint8Array;
  readonly isBuffer: (value: unknown) => boolean;
  readonly concat: (list: readonly Uint8Array[]) => Uint8Array;
}

/** Builds the `Buffer` of programs. Runs inside the isolate from its source text. */
export function createBuffer(utf8: Utf8, numbers: BufferNumbers): BufferType {
  const { fromCharCode } = String;
  const toCode = (text: string, at: number) => text.charCodeAt(at);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

  const nameOf = (encoding: unknown) => {
    const isNamed = typeof encoding === 'string' && encoding !== '';
    const name = isNamed ? encoding.toLowerCase().replace('-', '') : 'utf8';
    const known = { utf8: 'utf8', hex: 'hex', base64: 'base64', base64url: 'base64url' }[name];
    if (known !== undefined) return known;
    if (name === 'latin1' || name === 'binary') return 'latin1';
    if (name === 'ascii') return 'ascii';
    throw Object.assign(new TypeError(`Unknown encoding: ${String(encoding)}`), {
      code: 'ERR_UNKNOWN_ENCODING',
    });
  };
  const fromHex = (text: string) => {
    const pairs = /^(?:[\da-f]{2})*/i.exec(text)?.[0] ?? '';
    return Uint8Array.from({ length: pairs.length / 2 }, (_, at) =>
      parseInt(pairs.slice(2 * at, 2 * at + 2), 16),
    );
  };
  const fromBase64 = (text: string) => {
    const bytes: number[] = [];
    let [bits, held] = [0, 0];
    for (const sign of text.replaceAll('-', '+').replaceAll('_', '/')) {
      const value = alphabet.indexOf(sign);
      if (sign === '=') break;
      if (value < 0) continue;
      held = ((held << 6) | value) & 0xffff;
      bits += 6;
      if (bits >= 8) bytes.push((held >> (bits -= 8)) & 0xff);
    }
    return Uint8Array.from(bytes);
  };
  const toBase64 = (bytes: Uint8Array, isForUrls: boolean) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 3) {
      const held = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      const signs = Math.min(4, bytes.length - at + 1);
      for (let sign = 0; sign < signs; sign += 1) text += alphabet.charAt((held >> (18 - 6 * sign)) & 0x3f);
    }
    if (isForUrls) return text.replaceAll('+', '-').replaceAll('/', '_');
    return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  };
  const toBytes = (text: string, encoding: unknown): Uint8Array => {
    const name = nameOf(encoding);
    if (name === 'utf8') return utf8.encode(text);
    if (name === 'hex') return fromHex(text);
    if (name === 'latin1' || name === 'ascii')
      return Uint8Array.from({ length: text.length }, (_, at) => toCode(text, at) & 0xff);
    return fromBase64(text);
  };
  const piece = 8192;
  const toSigns = (bytes: Uint8Array, name: string) => {
    if (name === 'hex') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    const codes = name === 'ascii' ? bytes.map((byte) => byte & 0x7f) : bytes;
    return Reflect.apply(fromCharCode, undefined, codes) as string;
  };
  const toText = (bytes: Uint8Array, encoding: unknown): string => {
    const name = nameOf(encoding);
    if (name === 'utf8') return utf8.decode(bytes);
    if (name === 'base64' || name === 'base64url') return toBase64(bytes, name === 'base64url');
    let text = '';
    // In pieces: a text that grows by single characters keeps an object for each.
    for (let at = 0; at < bytes.length; at += piece) text += toSigns(bytes.subarray(at, at + piece), name);
    return text;
  };
  const invalid = (value: unknown): never => {
    throw Object.assign(new TypeError(`Buffer.from takes text, bytes or a list, got ${typeof value}`), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  };

  class Buffer extends Uint8Array {
    static override from(value: unknown, encoding?: unknown, length?: number): Buffer {
      if (typeof value === 'string') return Buffer.over(toBytes(value, encoding));
      if (value instanceof ArrayBuffer) return new Buffer(value, encoding as number | undefined, length);
      if (typeof value !== 'object' || value === null) return invalid(value);
      return Buffer.over(new Uint8Array(value as ArrayLike<number>));
    }
    /** Shares the bytes. */
    static over({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
      return new Buffer(buffer as ArrayBuffer, byteOffset, byteLength);
    }
    static alloc(size: number, fill: unknown = 0, encoding?: unknown): Buffer {
      const made = new Buffer(size);
      if (typeof fill === 'number') made.fill(fill);
      else {
        const pattern = Buffer.from(fill, encoding);
        for (let at = 0; at < size; at += 1) made[at] = pattern[at % pattern.length] ?? 0;
      }
      return made;
    }
    static allocUnsafe(size: number): Buffer {
      return new Buffer(size);
    }
    static concat(list: readonly Uint8Array[], length?: number): Buffer {
      const made = new Buffer(length ?? list.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of list) {
        made.set(part.subarray(0, Math.max(0, made.length - at)), at);
        at = Math.min(made.length, at + part.length);
      }
      return made;
    }
    static isBuffer(value: unknown): boolean {
      return value instanceof Buffer;
    }
    static byteLength(value: string | ArrayBuffer | ArrayBufferView, encoding?: unknown): number {
      return typeof value === 'string' ? toBytes(value, encoding).length : value.byteLength;
    }
    static compare(a: Uint8Array, b: Uint8Array): number {
      for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
        if (a[at] !== b[at]) return (a[at] ?? 0) < (b[at] ?? 0) ? -1 : 1;
      }
      return Math.sign(a.length - b.length);
    }
    /** What the console prints: at most 50 bytes, as in Node. */
    [Symbol.for('nodejs.util.inspect.custom')](): string {
      const shown = toText(this.subarray(0, 50), 'hex').replaceAll(/..(?!$)/g, '$& ');
      const more = this.length - 50;
      return `<Buffer ${shown}${more > 0 ? ` ... ${more} more byte${more === 1 ? '' : 's'}` : ''}>`;
    }
    override toString(encoding?: unknown, start = 0, end = this.length): string {
      return toText(this.subarray(start, end), encoding);
    }
    override slice(start?: number, end?: number): Buffer {
      return Buffer.over(this.subarray(start, end));
    }
    override indexOf(value: unknown, from?: number, encoding?: unknown): number {
      if (typeof value === 'number') return super.indexOf(value & 0xff, from);
      const wanted = Buffer.from(value, encoding);
      for (let at = from ?? 0; at + wanted.length <= this.length; at += 1) {
        if (wanted.every((byte, index) => byte === this[at + index])) return at;
      }
      return -1;
    }
    override includes(value: unknown, from?: number, encoding?: unknown): boolean {
      return this.indexOf(value, from, encoding) !== -1;
    }
    equals(other: Uint8Array): boolean {
      return Buffer.compare(this, other) === 0;
    }
    compare(other: Uint8Array): number {
      return Buffer.compare(this, other);
    }
    /** Writes the characters that fit as wholes; a position or a length may be left out before the encoding. */
    write(text: string, ...given: readonly unknown[]): number {
      const [at = 0, most = Infinity] = given.filter((one) => typeof one === 'number');
      const encoding = given.find((one) => typeof one === 'string');
      const bytes = toBytes(text, encoding);
      const room = Math.min(this.length - at, most, bytes.length);
      const isText = nameOf(encoding) === 'utf8';
      const size = isText ? room - utf8.unfinished(bytes.subarray(0, room)) : room;
      this.set(bytes.subarray(0, size), at);
      return size;
    }
    /** With a text or bytes: over and over. */
    override fill(value: unknown, ...given: readonly unknown[]): this {
      const [start = 0, end = this.length] = given.filter((one) => typeof one === 'number');
      if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
        super.fill(Number(value) & 0xff, start, end);
        return this;
      }
      const encoding = given.find((one) => typeof one === 'string');
      const pattern = typeof value === 'string' ? toBytes(value, encoding) : value;
      for (let at = start; at < end; at += 1) this[at] = pattern[(at - start) % pattern.length] ?? 0;
      return this;
    }
    copy(target: Uint8Array, at = 0, start = 0, end = this.length): number {
      const taken = this.subarray(start, end).subarray(0, Math.max(0, target.length - at));
      target.set(taken, at);
      return taken.length;
    }
    toJSON(): { type: 'Buffer'; data: number[] } {
      return { type: 'Buffer', data: [...this] };
    }
  }
  Object.defineProperties(
    Buffer.prototype,
    Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name, { value, writable: true, configurable: true }]),
    ),
  );
  return Buffer;
}
