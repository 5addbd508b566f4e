import { fitInt4 } from './fit-int4.ts';

/** Bits of a code. */
export type CodeBits = 4 | 8;

/**
 * Values along a weight's row that share a scale, and of an input that are rounded together: in 8 bits the inputs' rounding costs
 * most, and a smaller block keeps a far value from the others' steps.
 */
export const WEIGHT_BLOCK = { 4: 32, 8: 16 } as const satisfies Record<CodeBits, number>;

/** A matrix [N, K] in blocks of S = WEIGHT_BLOCK along K: code c stands for (c - half of its range) scale, plus the offset where there is one. */
export interface WeightBlocks {
  /** [N, ceil(K / S), S bits / 8]; of two codes in a byte the earlier is in the low half. */
  readonly codes: Uint8Array;
  /** [N, ceil(K / S)] */
  readonly scales: Float32Array;
  /** Of 4 bits: [N, ceil(K / S)] */
  readonly offsets: Float32Array | undefined;
}

/** Bytes of a matrix's codes, scales and offsets. */
export function bytesOfBlocks(
  [rows, columns]: readonly [rows: number, columns: number],
  bits: CodeBits,
): number {
  const size = WEIGHT_BLOCK[bits];
  const block = (size * bits) / 8 + Float32Array.BYTES_PER_ELEMENT * (bits === 4 ? 2 : 1);
  return rows * Math.ceil(columns / size) * block;
}

/** Rounds a matrix; the same values give the same bytes. A block that is not full is filled up with zeros. */
export function weightBlocks(
  values: Float32Array,
  shape: readonly [rows: number, columns: number],
  bits: CodeBits,
): WeightBlocks {
  return bits === 8 ? int8Blocks(values, shape) : int4Blocks(values, shape);
}

/** Calls `each` with every block's index and values. */
function forEachBlock(
  values: Float32Array,
  { shape: [rows, columns], size }: { readonly shape: readonly [number, number]; readonly size: number },
  each: (block: number, part: Float32Array) => void,
): void {
  const blocks = Math.ceil(columns / size);
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * columns;
    for (let at = 0; at < blocks; at++) {
      const start = row * columns + at * size;
      each(row * blocks + at, values.subarray(start, Math.min(start + size, end)));
    }
  }
}

/** Scales are a 127th of each block's largest magnitude. */
function int8Blocks(values: Float32Array, shape: readonly [number, number]): WeightBlocks {
  const size = WEIGHT_BLOCK[8];
  const blocks = shape[0] * Math.ceil(shape[1] / size);
  const codes = new Uint8Array(blocks * size).fill(128);
  const scales = new Float32Array(blocks);
  forEachBlock(values, { shape, size }, (block, part) => {
    let largest = 0;
    for (const value of part) largest = Math.max(largest, Math.abs(value));
    const scale = Math.fround(largest / 127);
    scales[block] = scale;
    if (scale === 0) return;
    const start = block * size;
    for (let index = 0; index < part.length; index++) {
      codes[start + index] = 128 + clamp(Math.round((part[index] as number) / scale), -127, 127);
    }
  });
  return { codes, scales, offsets: undefined };
}

/** Scales and offsets are those of the least squared error. */
function int4Blocks(values: Float32Array, shape: readonly [number, number]): WeightBlocks {
  const size = WEIGHT_BLOCK[4];
  const blocks = shape[0] * Math.ceil(shape[1] / size);
  const codes = new Uint8Array((blocks * size) / 2);
  const scales = new Float32Array(blocks);
  const offsets = new Float32Array(blocks);
  forEachBlock(values, { shape, size }, (block, part) => {
    const { scale, offset } = fitInt4(part);
    scales[block] = scale;
    offsets[block] = offset;
    const start = block * size;
    for (let index = 0; index < size; index++) {
      const moved = index < part.length && scale !== 0 ? ((part[index] as number) - offset) / scale : 0;
      putHalf(codes, start + index, 8 + clamp(Math.round(moved), -8, 7));
    }
  });
  return { codes, scales, offsets };
}

/** Writes 4 bits into bytes that are 0 there. */
function putHalf(bytes: Uint8Array, index: number, code: number): void {
  bytes[index >> 1] = (bytes[index >> 1] as number) | (code << (4 * (index & 1)));
}

function clamp(value: number, least: number, most: number): number {
  return value < least ? least : Math.min(value, most);
}
