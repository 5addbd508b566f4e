import { expect, it } from 'vitest';
import { Pace } from './pace.ts';

it('limits an attempt by its work and the slowest of the latest calls, each next one by twice as much', () => {
  const pace = new Pace(1000);
  expect(pace.limitOf(100, 0)).toBe(Infinity);
  pace.note(10, 50);
  pace.note(10, 200);
  expect([pace.limitOf(100, 0), pace.limitOf(100, 1), pace.limitOf(100, 3)]).toEqual([
    20_000, 40_000, 160_000,
  ]);
  // A replica may have to load a model, however little there is to do.
  expect(pace.limitOf(1, 0)).toBe(1000);
  for (let call = 0; call < 16; call++) pace.note(10, 50);
  expect(pace.limitOf(1000, 0)).toBe(50_000);
});
