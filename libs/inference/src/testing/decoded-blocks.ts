import { WEIGHT_BLOCK, type CodeBits, type WeightBlocks } from '../weights/weight-blocks.ts';

/** The values [rows, columns] that codes stand for. */
export function decodedBlocks(
  { codes, scales, offsets }: WeightBlocks,
  [rows, columns]: readonly [number, number],
  bits: CodeBits,
): Float32Array {
  const size = WEIGHT_BLOCK[bits];
  const blocks = Math.ceil(columns / size);
  const half = (bytes: Uint8Array, at: number): number => ((bytes[at >> 1] as number) >> (4 * (at & 1))) & 15;
  return Float32Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    const block = Math.floor(column / size);
    const at = row * blocks * size + column;
    const code = bits === 8 ? (codes[at] as number) : half(codes, at);
    const [scale, offset] = [scales, offsets].map((of) => of?.[row * blocks + block] ?? 0) as [
      number,
      number,
    ];
    return (code - 2 ** (bits - 1)) * scale + offset;
  });
}
