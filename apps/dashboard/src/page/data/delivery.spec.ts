import { expect, it } from 'vitest';
import { deliveryOf } from './delivery.ts';

const mark = { iteration: 1, name: 'sampled', at: 1_000_000 };
const running = { isNoted: true, isRunning: true };

it('gives only the time of a mark that was delivered at once', () => {
  const { note, title } = deliveryOf({ ...mark, deliveredAt: mark.at + 900 }, running);
  expect(note).toBe('');
  expect(title).toMatch(/^delivered by the event bus at \d\d:\d\d:\d\d$/);
});

it('shows the delay of a slow delivery', () => {
  const { note } = deliveryOf({ ...mark, deliveredAt: mark.at + 65_000 }, running);
  expect(note).toBe('delivered after 1 min 5 s');
});

it('shows whether an undelivered mark still waits', () => {
  expect(deliveryOf(mark, running)).toEqual({ note: 'waiting for the event bus' });
  expect(deliveryOf(mark, { isNoted: true, isRunning: false })).toEqual({
    note: 'not delivered by the event bus',
  });
});

it('shows nothing where the run did not record deliveries', () => {
  expect(deliveryOf(mark, { isNoted: false, isRunning: true })).toEqual({ note: '' });
});
