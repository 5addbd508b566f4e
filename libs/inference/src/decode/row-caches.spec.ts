import { expect, it } from 'vitest';
import { sessionTensor } from '../session/session.ts';
import { RowCaches } from './row-caches.ts';

const shape = { layers: 2, heads: 2, headDim: 4 };
/** What `present` holds of a row: every element says where it belongs. */
const valueOf = (part: number, row: number, head: number, step: number) =>
  10_000 * part + 1000 * row + 100 * head + step + 1;

/** Appends one key and value to each of `lengths.length` rows. */
function append(caches: RowCaches, lengths: readonly number[]): void {
  const rows = lengths.length;
  const present = new Float32Array(2 * shape.layers * rows * shape.heads * shape.headDim);
  for (let block = 0; block < present.length / shape.headDim; block++) {
    const head = block % shape.heads;
    const row = Math.floor(block / shape.heads) % rows;
    const part = Math.floor(block / (shape.heads * rows));
    present.fill(
      valueOf(part, row, head, lengths[row] as number),
      block * shape.headDim,
      (block + 1) * shape.headDim,
    );
  }
  const dims = [present.length / (shape.heads * shape.headDim), shape.heads, 1, shape.headDim];
  caches.append({ present: sessionTensor('float32', dims, present) }, lengths);
}

function expectKept(caches: RowCaches, rows: number, length: number): void {
  const tensors = Object.values(caches.tensors(rows));
  expect(tensors).toHaveLength(2 * shape.layers);
  tensors.forEach(({ data, dims }, part) => {
    expect(dims).toEqual([rows, shape.heads, caches.width, shape.headDim]);
    for (let row = 0; row < rows; row++) {
      for (let head = 0; head < shape.heads; head++) {
        const start = (row * shape.heads + head) * caches.width * shape.headDim;
        const own = (data as Float32Array).slice(start, start + length * shape.headDim);
        const wanted = Array.from({ length: own.length }, (_, at) =>
          valueOf(part, row, head, Math.floor(at / shape.headDim)),
        );
        expect([...own]).toEqual(wanted);
      }
    }
  });
}

it('keeps what rows hold while they get wider, narrower and more', () => {
  const caches = new RowCaches(shape);
  caches.resize(3, 2);
  append(caches, [0, 0, 0]);
  append(caches, [1, 1, 1]);
  // Within its memory, beyond it, back, and far below it.
  for (const width of [3, 2, 5, 64, 7, 2, 200, 2]) {
    caches.resize(3, width);
    expect(caches.width).toBe(width);
    expectKept(caches, 3, 2);
  }
  caches.resize(9, 6);
  expectKept(caches, 3, 2);
  caches.resize(2, 4);
  expectKept(caches, 2, 2);
});

it('forgets what a narrower width has no room for, and holds finite numbers everywhere', () => {
  const caches = new RowCaches(shape);
  caches.resize(2, 4);
  for (let step = 0; step < 4; step++) append(caches, [step, step]);
  caches.resize(2, 1);
  expectKept(caches, 2, 1);
  caches.resize(2, 8);
  expectKept(caches, 2, 1);
  for (const { data } of Object.values(caches.tensors(2))) {
    expect((data as Float32Array).every(Number.isFinite)).toBe(true);
  }
});

it('moves a row into the slot of another', () => {
  const caches = new RowCaches(shape);
  caches.resize(3, 2);
  append(caches, [0, 0, 0]);
  const before = Object.values(caches.tensors(3)).map(({ data }) => (data as Float32Array).slice());
  caches.move(2, 0);
  const size = shape.heads * 2 * shape.headDim;
  Object.values(caches.tensors(1)).forEach(({ data }, part) => {
    expect([...(data as Float32Array)]).toEqual([...(before[part] as Float32Array).slice(2 * size)]);
  });
});
