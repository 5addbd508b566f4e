import { SipfError } from '@sipf/errors';

/** What becomes of an interpreter's module before programs run in it. */
export interface Slimming {
  /** The exports to keep: every other one costs time in each new instance. */
  readonly exports: ReadonlySet<string>;
  /** The name to give to an imported function or global: those that get the same are looked up as one, which costs less. */
  readonly renameImport: (name: string, kind: 'function' | 'global') => string;
}

interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

const sectionIds = { custom: 0, imports: 2, exports: 7, data: 11, dataCount: 12 } as const;
const externalKinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const headerBytes = 8;

/**
 * Makes a module for instances that get their memory's contents from an image: no data, only the exports that are asked for,
 * and an imported memory that is shared, so that its pages can be handed from one isolate to the next, and of any size.
 */
export function slimModule(binary: Uint8Array, { exports, renameImport }: Slimming): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [binary.subarray(0, headerBytes)];
  for (const { id, body } of readSections(binary)) {
    if (id === sectionIds.custom || id === sectionIds.data || id === sectionIds.dataCount) continue;
    const kept =
      id === sectionIds.imports
        ? rewriteImports(body, renameImport)
        : id === sectionIds.exports
          ? keepExports(body, exports)
          : body;
    parts.push(Uint8Array.of(id), encodeUnsigned(kept.length), kept);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

/** Encodes a number as WebAssembly does, seven bits a byte, the lowest first. */
export function encodeUnsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** As {@link encodeUnsigned}, for numbers that may be negative. */
export function encodeSigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f;
    if ((rest >> 6 === 0 && rest >= 0) || rest >> 6 === -1) return Uint8Array.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}

function* readSections(binary: Uint8Array): Generator<Section> {
  const reader = new Reader(binary, headerBytes);
  while (!reader.isAtEnd) {
    const id = reader.byte();
    yield { id, body: reader.bytes(reader.unsigned()) };
  }
}

/** Makes the imported memory a shared one of any size and gives the other imports their new names. */
function rewriteImports(body: Uint8Array, rename: Slimming['renameImport']): Uint8Array {
  const reader = new Reader(body, 0);
  const count = reader.unsigned();
  const entries = Array.from({ length: count }, () => {
    const module = encodeName(reader.name());
    const name = reader.name();
    const start = reader.position;
    const kind = reader.byte();
    if (kind === externalKinds.memory) return [module, encodeName(name), encodeSharedMemory(reader.limits())];
    reader.skipImportType(kind);
    return [module, encodeName(renamed(name, kind, rename)), reader.since(start)];
  });
  return Buffer.concat([encodeUnsigned(count), ...entries.flat()]);
}

function encodeSharedMemory({ most }: ReturnType<Reader['limits']>): Uint8Array {
  if (most === undefined) throw unexpected('its memory has no maximum');
  const sharedWithMaximum = 3;
  return Buffer.concat([Uint8Array.of(externalKinds.memory, sharedWithMaximum, 0), encodeUnsigned(most)]);
}

function renamed(name: string, kind: number, rename: Slimming['renameImport']): string {
  if (kind === externalKinds.function) return rename(name, 'function');
  return kind === externalKinds.global ? rename(name, 'global') : name;
}

function encodeName(name: string): Uint8Array {
  const bytes = Buffer.from(name);
  return Buffer.concat([encodeUnsigned(bytes.length), bytes]);
}

function keepExports(body: Uint8Array, wanted: ReadonlySet<string>): Uint8Array {
  const reader = new Reader(body, 0);
  const kept: Uint8Array[] = [];
  for (let rest = reader.unsigned(); rest > 0; rest -= 1) {
    const start = reader.position;
    const name = reader.name();
    reader.byte();
    reader.unsigned();
    if (wanted.has(name)) kept.push(reader.since(start));
  }
  if (kept.length !== wanted.size) throw unexpected('an export that programs need is missing');
  return Buffer.concat([encodeUnsigned(kept.length), ...kept]);
}

function unexpected(what: string): SipfError {
  return new SipfError('unavailable', `the interpreter's module is not as expected: ${what}`, {
    reason: 'SANDBOX_START_FAILED',
  });
}

class Reader {
  readonly #source: Uint8Array;
  position: number;

  constructor(source: Uint8Array, position: number) {
    this.#source = source;
    this.position = position;
  }

  get isAtEnd(): boolean {
    return this.position >= this.#source.length;
  }

  byte(): number {
    const value = this.#source[this.position++];
    if (value === undefined) throw unexpected('it ends too early');
    return value;
  }

  bytes(length: number): Uint8Array {
    this.position += length;
    return this.#source.subarray(this.position - length, this.position);
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  name(): string {
    return Buffer.from(this.bytes(this.unsigned())).toString();
  }

  since(start: number): Uint8Array {
    return this.#source.subarray(start, this.position);
  }

  /** Passes by what stands behind an import's kind. */
  skipImportType(kind: number): void {
    if (kind === externalKinds.function) this.unsigned();
    else if (kind === externalKinds.table) {
      this.byte();
      this.limits();
    } else if (kind === externalKinds.global) this.bytes(2);
    else if (kind === externalKinds.tag) {
      this.byte();
      this.unsigned();
    } else throw unexpected(`it imports something of kind ${kind}`);
  }

  /** Least and most of a table or memory, without a maximum undefined. */
  limits(): { readonly least: number; readonly most: number | undefined } {
    const hasMaximum = this.byte() === 1;
    const least = this.unsigned();
    return { least, most: hasMaximum ? this.unsigned() : undefined };
  }
}
