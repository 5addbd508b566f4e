/** Values along a weight's row that share a scale. */
export const INT4_BLOCK = 32;

/** A matrix [N, K] in blocks of 32 along K, as MatMulNBits takes it. */
export interface Int4Matrix {
  /** [N, ceil(K / 32), 16]: two codes a byte, the earlier in the low half; code c stands for (c - 8) scale. */
  readonly codes: Uint8Array;
  /** [N * ceil(K / 32)]: a seventh of each block's largest magnitude. */
  readonly scales: Float32Array;
}

/** Rounds every value to the nearest of 15 levels of its block; no value moves by more than half a scale. */
export function int4Matrix(values: Float32Array, [rows, columns]: readonly [number, number]): Int4Matrix {
  const blocks = Math.ceil(columns / INT4_BLOCK);
  const codes = new Uint8Array((rows * blocks * INT4_BLOCK) / 2);
  const scales = new Float32Array(rows * blocks);
  for (let block = 0; block < rows * blocks; block++) {
    const row = Math.floor(block / blocks);
    const start = (block % blocks) * INT4_BLOCK;
    const from = row * columns + start;
    const part = values.subarray(from, from + Math.min(INT4_BLOCK, columns - start));
    const scale = Math.fround(largestMagnitude(part) / 7);
    scales[block] = scale;
    packBlock(part, scale === 0 ? 0 : 1 / scale, codes.subarray(block * 16, block * 16 + 16));
  }
  return { codes, scales };
}

/** A block that is not full is filled up with zeros. */
function packBlock(part: Float32Array, inverse: number, into: Uint8Array): void {
  for (let byte = 0; byte < 16; byte++) {
    const low = codeOf(part[2 * byte] ?? 0, inverse);
    into[byte] = low | (codeOf(part[2 * byte + 1] ?? 0, inverse) << 4);
  }
}

function codeOf(value: number, inverse: number): number {
  return 8 + Math.max(-7, Math.min(7, Math.round(value * inverse)));
}

function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (const value of values) {
    const magnitude = Math.abs(value);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}
