/** Text to bytes and back, as UTF-8; what is not text becomes U+FFFD. */
export interface Utf8 {
  readonly encode: (text: string) => Uint8Array<ArrayBuffer>;
  readonly decode: (bytes: Uint8Array) => string;
  /** How many bytes at the end begin a character that they do not finish. */
  readonly unfinished: (bytes: Uint8Array) => number;
}

/** Builds {@link Utf8}. Runs inside the isolate from its source text. */
export function createUtf8(): Utf8 {
  const { fromCodePoint } = String;
  const { apply } = Reflect;
  const [bytesType, codesType] = [Uint8Array, Uint32Array];
  const replacement = 0xfffd;
  /** Characters put together at once: more would be too many arguments. */
  const piece = 8192;

  const write = (target: Uint8Array, at: number, code: number): number => {
    if (code < 0x80) {
      target[at] = code;
      return at + 1;
    }
    const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    target[at] = ((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more));
    for (let left = more - 1; left >= 0; left -= 1) {
      target[at + more - left] = 0x80 | ((code >> (6 * left)) & 0x3f);
    }
    return at + more + 1;
  };
  /** Bytes of a text, surrogates that stand alone as U+FFFD. */
  const sizeOf = (text: string) => {
    let size = 0;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.codePointAt(index) ?? 0;
      if (code > 0xffff) index += 1;
      size += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    }
    return size;
  };
  const encode = (text: string) => {
    // Exactly as many as there will be: a standard input may take much of a program's memory.
    const bytes = new bytesType(sizeOf(text));
    let at = 0;
    for (let index = 0; index < text.length; index += 1) {
      let code = text.codePointAt(index) ?? 0;
      if (code > 0xffff) index += 1;
      else if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
      at = write(bytes, at, code);
    }
    return bytes;
  };

  const lengthOf = (lead: number) => {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  };
  /** Whether a second byte may follow its first one: no long forms, no surrogates, nothing above U+10FFFF. */
  const mayFollow = (lead: number, second: number) => {
    if (lead === 0xe0) return second >= 0xa0 && second <= 0xbf;
    if (lead === 0xed) return second >= 0x80 && second <= 0x9f;
    if (lead === 0xf0) return second >= 0x90 && second <= 0xbf;
    if (lead === 0xf4) return second >= 0x80 && second <= 0x8f;
    return second >= 0x80 && second <= 0xbf;
  };
  /** How many bytes from `at` belong together, and whether they are a whole character. */
  const spanAt = (bytes: Uint8Array, at: number) => {
    const lead = bytes[at] ?? 0;
    const length = lengthOf(lead);
    for (let done = 1; done < length; done += 1) {
      const next = bytes[at + done];
      if (next === undefined) return { length: done, isWhole: false, isCut: true };
      const fits = done === 1 ? mayFollow(lead, next) : next >= 0x80 && next <= 0xbf;
      if (!fits) return { length: done, isWhole: false, isCut: false };
    }
    return { length: length === 0 ? 1 : length, isWhole: length > 0, isCut: false };
  };
  const codeAt = (bytes: Uint8Array, at: number, length: number) => {
    let code = length === 1 ? (bytes[at] ?? 0) : (bytes[at] ?? 0) & (0x7f >> length);
    for (let done = 1; done < length; done += 1) code = (code << 6) | ((bytes[at + done] ?? 0) & 0x3f);
    return code;
  };
  const decode = (bytes: Uint8Array) => {
    let text = '';
    const codes = new codesType(Math.min(piece, bytes.length));
    for (let at = 0; at < bytes.length;) {
      // Put together in pieces: a text that grows by single characters keeps an object for each.
      let count = 0;
      for (; at < bytes.length && count < piece; count += 1) {
        const lead = bytes[at] ?? 0;
        if (lead < 0x80) {
          codes[count] = lead;
          at += 1;
          continue;
        }
        const { length, isWhole } = spanAt(bytes, at);
        codes[count] = isWhole ? codeAt(bytes, at, length) : replacement;
        at += length;
      }
      text += apply(fromCodePoint, undefined, codes.subarray(0, count)) as string;
    }
    return text;
  };
  const unfinished = (bytes: Uint8Array) => {
    for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
      const at = bytes.length - back;
      if (((bytes[at] ?? 0) & 0xc0) === 0x80) continue;
      return spanAt(bytes, at).isCut ? back : 0;
    }
    return 0;
  };
  return { encode, decode, unfinished };
}
