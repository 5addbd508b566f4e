import { expect, it } from 'vitest';
import { dropLongerRows } from './drop-longer-rows.ts';

it('keeps exactly the examples whose longest row fits, and counts the others', () => {
  const supervised = [3, 4, 5].map((length) => ({
    promptIds: [1, 2],
    completionIds: Array.from({ length: length - 2 }, () => 7),
  }));
  const { dataset, dropped } = dropLongerRows({ kind: 'supervised', examples: supervised }, 4);
  expect(dataset.examples).toEqual(supervised.slice(0, 2));
  expect(dropped).toBe(1);
});

it('looks at the longer completion of a pair and at all tokens of a path', () => {
  const pair = { promptIds: [1], chosenIds: [2], rejectedIds: [2, 3, 4] };
  expect(dropLongerRows({ kind: 'preference', examples: [pair] }, 3).dropped).toBe(1);
  expect(dropLongerRows({ kind: 'preference', examples: [pair] }, 4).dropped).toBe(0);
  const path = { ids: [1, 2, 3], promptLength: 1, stepEnds: [2], labels: [1] };
  expect(dropLongerRows({ kind: 'reward', examples: [path] }, 2).dropped).toBe(1);
});
