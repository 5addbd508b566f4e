import { expect, it } from 'vitest';
import { collate } from './collate.ts';

it('pads to a multiple of 8 and marks the completion', () => {
  const examples = [
    { promptIds: [1, 5], completionIds: [6, 2] },
    { promptIds: [1], completionIds: [2] },
  ];
  const { rows, length, arrays } = collate({ kind: 'supervised', examples }, [1, 0]);
  expect([rows, length]).toEqual([2, 8]);
  expect([...(arrays['input_ids'] as BigInt64Array)].map(Number)).toEqual([
    ...[1, 2, 0, 0, 0, 0, 0, 0],
    ...[1, 5, 6, 2, 0, 0, 0, 0],
  ]);
  expect([...(arrays['completion_mask'] as Float32Array)]).toEqual([
    ...[0, 1, 0, 0, 0, 0, 0, 0],
    ...[0, 0, 1, 1, 0, 0, 0, 0],
  ]);
});

it('puts the chosen rows of pairs before the rejected ones', () => {
  const pair = (id: number) => ({
    promptIds: [1],
    chosenIds: [id],
    rejectedIds: [id + 1],
    reference: { chosen: -id, rejected: -id - 1 },
  });
  const { rows, length, arrays } = collate({ kind: 'preference', examples: [pair(10), pair(20)] }, [0, 1]);
  expect(rows).toBe(4);
  const ids = arrays['input_ids'] as BigInt64Array;
  expect([0, 1, 2, 3].map((row) => Number(ids[row * length + 1]))).toEqual([10, 20, 11, 21]);
  expect([...(arrays['reference_logps'] as Float32Array)]).toEqual([-10, -20, -11, -21]);
});

it('gives every pair its weight, one where it has none', () => {
  const pair = { promptIds: [1], chosenIds: [3], rejectedIds: [4] };
  const examples = [{ ...pair, weight: 0.25 }, pair, { ...pair, weight: 1.75 }];
  const { arrays } = collate({ kind: 'preference', examples }, [2, 1, 0]);
  expect([...(arrays['pair_weights'] as Float32Array)]).toEqual([1.75, 1, 0.25]);
});

it('labels the ends of steps and nothing else', () => {
  const example = { ids: [1, 5, 6, 7], promptLength: 1, stepEnds: [1, 2, 3], labels: [1, null, 0.5] };
  const { arrays } = collate({ kind: 'reward', examples: [example] }, [0]);
  expect([...(arrays['step_labels'] as Float32Array)]).toEqual([-100, 1, -100, 0.5, -100, -100, -100, -100]);
});
