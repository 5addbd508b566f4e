/** What is known of a line that is too long to be kept. */
export interface LongLine {
  /** From 1. */
  readonly line: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** The fields of the object that stands there, without those that are long. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The name of the longest field; undefined where no object with fields stands there. */
  readonly longest: string | undefined;
}

/** A field is kept up to this length, its name included. */
const MAX_FIELD_BYTES = 1024;
const MAX_FIELDS = 64;
const [QUOTE, COMMA, BACKSLASH] = [...Buffer.from('",\\')];
const OPENING: ReadonlySet<number> = new Set(Buffer.from('{['));
const CLOSING: ReadonlySet<number> = new Set(Buffer.from('}]'));

/** Reads the short fields of a JSON object of any length, part by part, in bounded memory. */
export class LineOutline {
  readonly #fields = new Map<string, unknown>();
  readonly #field = Buffer.alloc(MAX_FIELD_BYTES);
  #fieldBytes = 0;
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  #longest: { readonly name: string; readonly bytes: number } | undefined;

  add(part: Uint8Array): void {
    for (let at = 0; at < part.length; at++) {
      if (this.#isText) at = this.#passPlainText(part, at);
      const byte = part[at];
      if (byte === undefined) return;
      if (this.#isText) this.#readText(byte);
      else this.#readStructure(byte);
    }
  }

  get fields(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.#fields);
  }

  get longest(): string | undefined {
    return this.#longest?.name;
  }

  /** Almost all of a long line is text, which is passed quickly up to its end or an escape. @returns where that is */
  #passPlainText(part: Uint8Array, from: number): number {
    if (this.#isEscaped) return from;
    let at = from;
    while (at < part.length && part[at] !== QUOTE && part[at] !== BACKSLASH) at++;
    const room = Math.max(0, MAX_FIELD_BYTES - this.#fieldBytes);
    if (room > 0) this.#field.set(part.subarray(from, Math.min(at, from + room)), this.#fieldBytes);
    this.#fieldBytes += at - from;
    return at;
  }

  #readText(byte: number): void {
    this.#keep(byte);
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isText = false;
  }

  #readStructure(byte: number): void {
    if (OPENING.has(byte) && this.#depth++ === 0) return;
    if (CLOSING.has(byte) && --this.#depth === 0) this.#endField();
    else if (byte === COMMA && this.#depth === 1) this.#endField();
    else {
      this.#isText = byte === QUOTE;
      this.#keep(byte);
    }
  }

  #keep(byte: number): void {
    if (this.#fieldBytes < MAX_FIELD_BYTES) this.#field[this.#fieldBytes] = byte;
    this.#fieldBytes++;
  }

  #endField(): void {
    const bytes = this.#fieldBytes;
    this.#fieldBytes = 0;
    const text = this.#field.toString('utf8', 0, Math.min(bytes, MAX_FIELD_BYTES));
    const name = nameOf(text);
    if (name === undefined) return;
    if (bytes > (this.#longest?.bytes ?? 0)) this.#longest = { name, bytes };
    // As in JSON.parse, the last one of a name counts.
    this.#fields.delete(name);
    if (bytes > MAX_FIELD_BYTES || this.#fields.size === MAX_FIELDS) return;
    const object = parsed(`{${text}}`) as Record<string, unknown> | undefined;
    if (object !== undefined) this.#fields.set(name, object[name]);
  }
}

function nameOf(field: string): string | undefined {
  const [, quoted] = /^\s*("(?:[^"\\]|\\.)*")\s*:/su.exec(field) ?? [];
  return quoted === undefined ? undefined : (parsed(quoted) as string | undefined);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
