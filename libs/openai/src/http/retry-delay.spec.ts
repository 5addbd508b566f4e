import { createRng } from '@sipf/random';
import { expect, it } from 'vitest';
import { retryDelayMs } from './retry-delay.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const delay = (attempt: number, retryAfter: string | null): number =>
  retryDelayMs(attempt, { retryAfter, now: NOW, rng: createRng(attempt) });

it('waits as long as the server asks, but not for ever', () => {
  expect(delay(1, '7')).toBe(7000);
  expect(delay(9, ' 0.5 ')).toBe(500);
  expect(delay(1, 'Fri, 02 Jan 2026 03:04:15 GMT')).toBe(10_000);
  expect(delay(1, 'Fri, 02 Jan 2026 03:04:00 GMT')).toBe(0);
  expect(delay(1, '86400')).toBe(600_000);
});

it('waits twice as long each time where it asks nothing, up to a minute', () => {
  for (const attempt of [1, 2, 3, 10, 60]) {
    const longest = Math.min(60_000, 500 * 2 ** (attempt - 1));
    for (const asked of [null, 'soon']) {
      expect(delay(attempt, asked)).toBeGreaterThanOrEqual(longest / 2);
      expect(delay(attempt, asked)).toBeLessThan(longest);
    }
  }
});
