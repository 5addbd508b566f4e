import { externalKinds, headerBytes, readSections, unexpected, WasmReader } from './wasm-reader.ts';

/** Changes to an interpreter's module before programs run in it. */
export interface Slimming {
  /** The exports to keep: every other one costs time in each new instance. */
  readonly exports: ReadonlySet<string>;
  /** Renames an imported function or global: imports of one name are looked up once, which costs less. */
  readonly renameImport: (name: string, kind: 'function' | 'global') => string;
}

const sectionIds = { custom: 0, imports: 2, exports: 7, data: 11, dataCount: 12 } as const;

/**
 * Creates a module for instances that get their memory's contents from an image: no data, only the wanted exports, and an
 * imported memory of any size that is shared, so that its pages can pass from one isolate to the next.
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

/** Makes the imported memory a shared one of any size and renames the other imports. */
function rewriteImports(body: Uint8Array, rename: Slimming['renameImport']): Uint8Array {
  const reader = new WasmReader(body, 0);
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

function encodeSharedMemory({ most }: ReturnType<WasmReader['limits']>): Uint8Array {
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
  const reader = new WasmReader(body, 0);
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
