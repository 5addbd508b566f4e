import type { Handles } from './realm/create-interpreter.ts';
import type { ImportNames } from './realm/instantiate.ts';

/** Bytes of memory that are not zero, and their offset. */
export interface MemorySegment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The saved memory of a started interpreter, from which every program's interpreter resumes. */
export interface PythonImage {
  /** Engine and version, e.g. `cpython 3.13.2`. */
  readonly engine: string;
  /** The module for programs, from `slimModule`. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** Machine code for the module, from `serializeCode`. */
  readonly code: Uint8Array<ArrayBuffer>;
  readonly imports: ImportNames;
  readonly segments: readonly MemorySegment[];
  /** Pages of 64 KiB of the memory that was captured. */
  readonly pages: number;
  readonly stackPointer: number;
  readonly handles: Handles;
  /** The standard library, compiled. */
  readonly library: Uint8Array;
}

const blockBytes = 4_096;

/** Finds non-zero blocks of 4 KiB and joins neighbours into segments. The segments share the memory's bytes. */
export function findSegments(memory: Uint8Array): MemorySegment[] {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset, memory.byteLength / 8);
  const isUsed = (block: number) =>
    words.subarray((block * blockBytes) / 8, ((block + 1) * blockBytes) / 8).some((word) => word !== 0n);
  const segments: MemorySegment[] = [];
  const blocks = memory.length / blockBytes;
  for (let first = 0; first < blocks; first += 1) {
    if (!isUsed(first)) continue;
    let end = first + 1;
    while (end < blocks && isUsed(end)) end += 1;
    segments.push({
      offset: first * blockBytes,
      bytes: memory.subarray(first * blockBytes, end * blockBytes),
    });
    first = end;
  }
  return segments;
}
