import type { SamplePiece } from '@sipf/inference';
import { expect, it } from 'vitest';
import { withPieces, type SampleOrPiece } from './with-pieces.ts';

type OnPiece = (piece: SamplePiece) => void;
const sampleAt = (sampleIndex: number) => ({ requestIndex: 0, sampleIndex });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function collect(
  generate: (onPiece: OnPiece) => AsyncIterable<ReturnType<typeof sampleAt>>,
  slow = false,
) {
  const items: SampleOrPiece<ReturnType<typeof sampleAt>>[] = [];
  for await (const item of withPieces(generate)) {
    items.push(item);
    if (slow) for (let n = 0; n < 10; n++) await turn();
  }
  return items.map((item) =>
    item.kind === 'piece' ? `${item.piece.sampleIndex}:${item.piece.text}` : item.sample.sampleIndex,
  );
}

async function* spelling(onPiece: OnPiece): AsyncGenerator<ReturnType<typeof sampleAt>> {
  for (const letter of 'abc') {
    for (const index of [0, 1]) onPiece({ ...sampleAt(index), from: 'abc'.indexOf(letter), text: letter });
    await turn();
  }
  yield sampleAt(0);
  yield sampleAt(1);
}

it('gives pieces between samples, in order', async () => {
  expect(await collect(spelling)).toEqual(['0:a', '1:a', '0:b', '1:b', '0:c', '1:c', 0, 1]);
});

it('joins what a slow reader has not taken, and emits no piece of a sample after its end', async () => {
  const items = await collect(spelling, true);
  expect(items.slice(-2)).toEqual([0, 1]);
  expect(items.length).toBeLessThan(8);
  const pieces = items.filter((item) => typeof item === 'string').map((item) => item.split(':'));
  expect('abc').toContain(
    pieces
      .filter(([index]) => index === '0')
      .map(([, text]) => text)
      .join(''),
  );
});

it('ends with the error of the samples, and ends them when its reader leaves', async () => {
  async function* failing(): AsyncGenerator<ReturnType<typeof sampleAt>> {
    yield await Promise.resolve(sampleAt(0));
    throw new RangeError('lost');
  }
  await expect(collect(failing)).rejects.toThrow('lost');
  let ended = false;
  async function* endless(): AsyncGenerator<ReturnType<typeof sampleAt>> {
    try {
      for (;;) {
        await turn();
        yield sampleAt(0);
      }
    } finally {
      ended = true;
    }
  }
  for await (const item of withPieces(endless)) {
    expect(item.kind).toBe('sample');
    break;
  }
  expect(ended).toBe(true);
});
