import { describe, expect, it } from 'vitest';
import { overran, withDeadline } from './with-deadline.ts';

const errorOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('withDeadline', () => {
  it('gives what the work gives, and throws what it throws', () => {
    expect(withDeadline(1_000, () => [1, 2])).toEqual([1, 2]);
    const failure = new TypeError('own');
    const thrown = errorOf(() =>
      withDeadline(1_000, () => {
        throw failure;
      }),
    );
    expect(thrown).toBe(failure);
    expect(overran(thrown)).toBe(false);
  });

  it.each([
    [
      'an endless loop',
      () => {
        for (let on = true; on;) on = Date.now() > 0;
      },
    ],
    ['a regular expression that backtracks', () => /^(\w|.)*(\w|.)*!$/.test('x'.repeat(60))],
  ])('stops %s, and the next work runs', (_, work) => {
    const start = performance.now();
    const thrown = errorOf(() => withDeadline<unknown>(50, work));
    expect(overran(thrown)).toBe(true);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(withDeadline(1_000, () => withDeadline(1_000, () => 7))).toBe(7);
  });
});
