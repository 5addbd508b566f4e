import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import { inHalves } from './halve-calls.ts';

/** A service that takes at most so much at once, and what it was asked. */
function service(takes: number) {
  const asked: number[][] = [];
  const call = (items: readonly number[]): Promise<number[]> => {
    asked.push([...items]);
    const size = items.reduce((sum, item) => sum + item, 0);
    if (size > takes)
      return Promise.reject(new SipfError('resource-exhausted', 'large', { reason: 'MESSAGE_TOO_LARGE' }));
    return Promise.resolve(items.map((item) => item * 10));
  };
  return { asked, call };
}

it('asks once what a service takes, and halves what it does not, in the order of the items', async () => {
  const wide = service(100);
  expect(await inHalves([3, 1, 2, 5, 4], wide.call)).toEqual([30, 10, 20, 50, 40]);
  expect(wide.asked).toHaveLength(1);
  const narrow = service(6);
  expect(await inHalves([3, 1, 2, 5, 4], narrow.call)).toEqual([30, 10, 20, 50, 40]);
  expect(narrow.asked).toEqual([[3, 1, 2, 5, 4], [3, 1, 2], [5, 4], [5], [4]]);
});

it('fails for an item that is too large alone, and for any other reason at once', async () => {
  await expect(inHalves([1, 9], service(6).call)).rejects.toMatchObject({ reason: 'MESSAGE_TOO_LARGE' });
  let calls = 0;
  const broken = (): Promise<never> => {
    calls++;
    return Promise.reject(new SipfError('resource-exhausted', 'full', { reason: 'QUEUE_FULL' }));
  };
  await expect(inHalves([1, 2], broken)).rejects.toMatchObject({ reason: 'QUEUE_FULL' });
  expect(calls).toBe(1);
});
