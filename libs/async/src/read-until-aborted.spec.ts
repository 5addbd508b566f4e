import { expect, it } from 'vitest';
import { readUntilAborted } from './read-until-aborted.ts';

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

it('gives what the source gives, of either kind, and its error', async () => {
  const { signal } = new AbortController();
  expect(await collect(readUntilAborted([1, 2, 3], signal))).toEqual([1, 2, 3]);
  async function* failing(): AsyncGenerator<number> {
    yield await Promise.resolve(1);
    throw new RangeError('no more');
  }
  const seen: number[] = [];
  const reading = (async () => {
    for await (const item of readUntilAborted(failing(), signal)) seen.push(item);
  })();
  await expect(reading).rejects.toThrow('no more');
  expect(seen).toEqual([1]);
});

it('does not wait for a source that waits for ever', async () => {
  const stop = new AbortController();
  async function* silent(): AsyncGenerator<number> {
    yield 1;
    await new Promise(() => undefined);
  }
  const reading = (async () => {
    for await (const item of readUntilAborted(silent(), stop.signal)) {
      expect(item).toBe(1);
      setTimeout(() => {
        stop.abort();
      }, 5);
    }
  })();
  await expect(reading).rejects.toMatchObject({ kind: 'cancelled', reason: 'CANCELLED' });
});

it('lets a source end that is left early', async () => {
  let ended = false;
  function* source(): Generator<number> {
    try {
      yield* [1, 2, 3];
    } finally {
      ended = true;
    }
  }
  for await (const item of readUntilAborted(source(), new AbortController().signal)) {
    expect(item).toBe(1);
    break;
  }
  expect(ended).toBe(true);
});
