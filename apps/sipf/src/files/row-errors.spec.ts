import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import { inParts } from './row-errors.ts';

const row = (line: number, size: number) => ({ line, value: { size, ...(line === 2 ? { id: 'b' } : {}) } });

/** A service that takes a size of ten at once. */
function service() {
  const calls: number[][] = [];
  const ask = inParts<{ readonly id?: string; readonly size: number }>((rows) => {
    calls.push(rows.map(({ line }) => line));
    const size = rows.reduce((sum, { value }) => sum + value.size, 0);
    if (size > 10)
      return Promise.reject(
        new SipfError('resource-exhausted', `${size} of 10`, { reason: 'MESSAGE_TOO_LARGE' }),
      );
    return Promise.resolve(rows.map(({ line }) => ({ id: String(line), done: true })));
  });
  return { calls, ask };
}

it('asks about rows at once where a service takes them so', async () => {
  const { calls, ask } = service();
  expect(await ask([row(1, 5), row(3, 5)])).toEqual([
    { id: '1', done: true },
    { id: '3', done: true },
  ]);
  expect(calls).toEqual([[1, 3]]);
});

it('asks in parts where it does not, and gives a row that is too large alone an error in its place', async () => {
  const { calls, ask } = service();
  const error = (line: number, size: number) => ({
    reason: 'MESSAGE_TOO_LARGE',
    message: `the row on line ${line}: ${size} of 10`,
  });
  expect(await ask([row(1, 3), row(2, 11), row(3, 8), row(4, 12), row(5, 1)])).toEqual([
    { id: '1', done: true },
    { id: 'b', error: error(2, 11) },
    { id: '3', done: true },
    { id: '4', error: error(4, 12) },
    { id: '5', done: true },
  ]);
  expect(calls.length).toBeLessThanOrEqual(2 * 5 - 1);
});

it('passes other failures on', async () => {
  const ask = inParts<{ readonly id?: string }>(() =>
    Promise.reject(new SipfError('unavailable', 'away', { reason: 'UNAVAILABLE' })),
  );
  await expect(ask([{ line: 1, value: {} }])).rejects.toThrow('away');
});
