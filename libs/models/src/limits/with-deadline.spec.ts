import { describe, expect, it } from 'vitest';
import { overran, withDeadline, withProcessorTime } from './with-deadline.ts';

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

describe('withProcessorTime', () => {
  const workFor = (milliseconds: number): number => {
    const before = process.threadCpuUsage();
    const worked = () => {
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1000;
    };
    while (worked() < milliseconds);
    return milliseconds;
  };
  const sleepFor = (milliseconds: number): string =>
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

  it('stops what works for longer', () => {
    const before = process.threadCpuUsage();
    expect(overran(errorOf(() => withProcessorTime(50, () => workFor(10_000))))).toBe(true);
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(500);
  });

  it('begins again what was kept from working, and gives what that gives', () => {
    let begun = 0;
    const work = () => {
      if (begun++ === 0) sleepFor(150);
      return workFor(5);
    };
    expect(withProcessorTime(100, work)).toBe(5);
    expect(begun).toBe(2);
  });

  it('does not wait for ever for what does not work', () => {
    expect(overran(errorOf(() => withProcessorTime(5, () => sleepFor(10_000))))).toBe(true);
  });
});
