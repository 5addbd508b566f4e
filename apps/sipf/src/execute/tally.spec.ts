import { expect, it } from 'vitest';
import { Tally } from './tally.ts';

const verdict = (passed: boolean | null) => ({ passed, result: '' });

it('means the estimates over the problems, for every k that all have samples for', () => {
  const tally = new Tally();
  for (const passed of [true, false, false]) tally.add('a', verdict(passed));
  for (const passed of [true, true]) tally.add('b', verdict(passed));
  const figures = tally.figures([1, 2, 3]);
  expect(figures).toMatchObject({ problems: 2, samples: 5, passed: 3, unknown: 0 });
  expect(figures.passAtK['1']).toBeCloseTo((1 / 3 + 1) / 2, 12);
  expect(figures.passAtK['2']).toBeCloseTo((2 / 3 + 1) / 2, 12);
  expect(figures.passAtK).not.toHaveProperty('3');
});

it('counts a sample whose sandbox broke as nothing but unknown', () => {
  const tally = new Tally();
  tally.add('a', verdict(true));
  tally.add('a', verdict(null));
  expect(tally.figures([1, 2])).toEqual({
    problems: 1,
    samples: 2,
    passed: 1,
    unknown: 1,
    foreign: 0,
    passAtK: { 1: 1 },
  });
});

it('counts a sample of no problem in no estimate', () => {
  const tally = new Tally();
  tally.add('a', verdict(true));
  tally.add(undefined, verdict(false));
  expect(tally.figures([1])).toMatchObject({
    problems: 1,
    samples: 2,
    passed: 1,
    foreign: 1,
    passAtK: { 1: 1 },
  });
});

it('estimates nothing of nothing', () => {
  expect(new Tally().figures([1])).toMatchObject({ problems: 0, samples: 0, passAtK: {} });
});
