import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDataOrder } from './data-order.ts';

const settings = fc.record({
  count: fc.integer({ min: 1, max: 300 }),
  batchSize: fc.integer({ min: 1, max: 40 }),
  seed: fc.string(),
  grouped: fc.boolean(),
});

it('reads every example once an epoch, in full batches but for one', () => {
  fc.assert(
    fc.property(settings, fc.nat({ max: 3 }), ({ count, batchSize, seed, grouped }, epoch) => {
      const lengths = Array.from({ length: count }, (_, index) => (index * 37) % 11);
      const order = createDataOrder({ count, batchSize, seed, ...(grouped && { lengths }) });
      const batches = Array.from({ length: order.batchesPerEpoch }, (_, index) =>
        order.batch(epoch * order.batchesPerEpoch + index),
      );
      expect(batches.flat().sort((a, b) => a - b)).toEqual(
        Array.from({ length: count }, (_, index) => index),
      );
      const partial = batches.filter((batch) => batch.length !== batchSize);
      expect(partial.length).toBe(count % batchSize === 0 ? 0 : 1);
    }),
  );
});

it('gives a step the same batch whichever steps were asked for before', () => {
  const make = () => createDataOrder({ count: 50, batchSize: 8, seed: 'order' });
  const order = make();
  const inTurn = Array.from({ length: 21 }, (_, step) => order.batch(step));
  expect(make().batch(20)).toEqual(inTurn[20]);
  expect(order.batch(3)).toEqual(inTurn[3]);
});

it('shuffles every epoch anew', () => {
  const order = createDataOrder({ count: 50, batchSize: 50, seed: 'order' });
  expect(order.batch(0)).not.toEqual(order.batch(1));
});

it('puts examples of like length together when asked to', () => {
  const lengths = Array.from({ length: 256 }, (_, index) => (index * 101) % 256);
  const order = createDataOrder({ count: 256, batchSize: 8, seed: 'order', lengths });
  for (let step = 0; step < order.batchesPerEpoch; step++) {
    const own = order.batch(step).map((index) => lengths[index] as number);
    expect(Math.max(...own) - Math.min(...own)).toBe(7);
  }
});
