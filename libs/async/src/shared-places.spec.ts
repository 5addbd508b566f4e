import { expect, it } from 'vitest';
import type { Claim } from './fair-queue.ts';
import { SharedPlaces } from './shared-places.ts';

const interactive = (clientId: string): Claim => ({ priority: 'interactive', clientId });
const bulk = (clientId: string): Claim => ({ priority: 'bulk', clientId });

it('keeps a place beyond for every client that has none, and only one', () => {
  const places = new SharedPlaces(8, 12);
  for (let call = 0; call < 8; call++) places.take(1, bulk('run'));
  expect(places.isFree(1)).toBe(false);
  expect(places.keeps(1, bulk('run'))).toBe(false);
  const leave = Array.from({ length: 3 }, (_, at) => {
    expect(places.keeps(1, interactive(`person ${at}`))).toBe(true);
    return places.take(1, interactive(`person ${at}`));
  });
  expect(places.keeps(1, interactive('person 0'))).toBe(false);
  expect(places.keeps(1, bulk('other run'))).toBe(true);
  leave[0]?.();
  expect(places.keeps(1, interactive('person 0'))).toBe(true);
});

it('keeps an eighth of the places for a priority, whosever its calls are', () => {
  const places = new SharedPlaces(16, 64);
  for (let call = 0; call < 16; call++) places.take(1, bulk('run'));
  places.take(1, interactive('person'));
  expect(places.keeps(1, interactive('person'))).toBe(true);
  places.take(1, interactive('person'));
  expect(places.keeps(1, interactive('person'))).toBe(false);
});

it('gives no more in all than it may, with those that are kept', () => {
  const places = new SharedPlaces(4, 6);
  for (let call = 0; call < 4; call++) places.take(1, bulk('run'));
  const taken = Array.from({ length: 10 }, (_, at) => {
    const claim = interactive(`person ${at}`);
    return places.keeps(1, claim) ? places.take(1, claim) : undefined;
  });
  expect(taken.filter((leave) => leave !== undefined)).toHaveLength(2);
  expect(places.taken).toBe(6);
  expect(places.hasBeyond).toBe(false);
});

it('keeps none where no more is given than there is', () => {
  const places = new SharedPlaces(4);
  places.take(2, bulk('run'));
  expect(places.hasBeyond).toBe(false);
  expect(places.keeps(1, interactive('person'))).toBe(false);
  expect(places.isFree(2)).toBe(true);
});
