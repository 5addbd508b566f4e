import { createRng } from '@sipf/random';
import { expect, it } from 'vitest';
import { INT4_BLOCK, int4Matrix, type Int4Matrix } from './int4-blocks.ts';

function decode({ codes, scales }: Int4Matrix, [rows, columns]: readonly [number, number]): Float32Array {
  const blocks = Math.ceil(columns / INT4_BLOCK);
  return Float32Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    const at = row * blocks * INT4_BLOCK + column;
    const code = ((codes[at >> 1] as number) >> (4 * (at % 2))) & 15;
    return (code - 8) * (scales[row * blocks + Math.floor(column / INT4_BLOCK)] as number);
  });
}

it.each([[4, 64] as const, [3, 40] as const, [1, 7] as const])(
  'moves no value of [%i, %i] by more than a fourteenth of its block’s largest',
  (rows, columns) => {
    const rng = createRng(`int4/${columns}`);
    const values = Float32Array.from({ length: rows * columns }, () => rng.normal());
    const decoded = decode(int4Matrix(values, [rows, columns]), [rows, columns]);
    decoded.forEach((value, index) => {
      const start = index - ((index % columns) % INT4_BLOCK);
      const end = Math.min(start + INT4_BLOCK, index - (index % columns) + columns);
      const largest = Math.max(...values.subarray(start, end).map(Math.abs));
      expect(Math.abs(value - (values[index] as number))).toBeLessThanOrEqual((largest / 14) * (1 + 1e-6));
    });
  },
);

it('keeps zeros, and a block of nothing else', () => {
  const values = new Float32Array(64);
  values[40] = 3;
  expect(decode(int4Matrix(values, [1, 64]), [1, 64])).toEqual(values);
});
