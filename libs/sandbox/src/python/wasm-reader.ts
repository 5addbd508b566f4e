import { SipfError } from '@sipf/errors';

/** A section of a module. */
export interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

/** Bytes before the first section. */
export const headerBytes = 8;
/** Kinds of imports and exports, as modules number them. */
export const externalKinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

/** The sections of a module in their order. */
export function* readSections(binary: Uint8Array): Generator<Section> {
  const reader = new WasmReader(binary, headerBytes);
  while (!reader.isAtEnd) {
    const id = reader.byte();
    yield { id, body: reader.bytes(reader.unsigned()) };
  }
}

/** The error of another module than the one that this was written for. */
export function unexpected(what: string): SipfError {
  return new SipfError('unavailable', `the interpreter's module is not as expected: ${what}`, {
    reason: 'SANDBOX_START_FAILED',
  });
}

/** Reads the parts of a module one after the other. @throws SipfError where it ends too early */
export class WasmReader {
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

  /** Skips the description after an import's kind. */
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
