import { expect, it } from 'vitest';
import { deliveryOf } from './delivery.ts';

const mark = { iteration: 1, name: 'sampled', at: 1_000_000 };
const running = { isNoted: true, isRunning: true };

it('says of a mark that was delivered at once when that was, and no more', () => {
  const { note, title } = deliveryOf({ ...mark, deliveredAt: mark.at + 900 }, running);
  expect(note).toBe('');
  expect(title).toMatch(/^delivered by the event bus at \d\d:\d\d:\d\d$/);
});

it('says how long a delivery took that took long', () => {
  const { note } = deliveryOf({ ...mark, deliveredAt: mark.at + 65_000 }, running);
  expect(note).toBe('delivered after 1 min 5 s');
});

it('says of a mark that is not delivered whether it may be yet', () => {
  expect(deliveryOf(mark, running)).toEqual({ note: 'waiting for the event bus' });
  expect(deliveryOf(mark, { isNoted: true, isRunning: false })).toEqual({
    note: 'not delivered by the event bus',
  });
});

it('says nothing where nobody noted deliveries', () => {
  expect(deliveryOf(mark, { isNoted: false, isRunning: true })).toEqual({ note: '' });
});
