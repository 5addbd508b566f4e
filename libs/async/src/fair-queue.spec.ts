import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FairQueue, type Claim } from './fair-queue.ts';

const interactive = (clientId: string): Claim => ({ priority: 'interactive', clientId });
const bulk = (clientId: string): Claim => ({ priority: 'bulk', clientId });

function drained(items: readonly (readonly [string, Claim])[]): string[] {
  const queue = new FairQueue<string>();
  for (const [item, claim] of items) queue.push(item, claim);
  return Array.from({ length: queue.size }, () => queue.pop() ?? '');
}

it('gives clients turns, whatever the number of their items', () => {
  const many = ['a1', 'a2', 'a3', 'a4'].map((item) => [item, interactive('a')] as const);
  expect(
    drained([...many, ['b1', interactive('b')], ['c1', interactive('c')], ['b2', interactive('b')]]),
  ).toEqual([...['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']]);
});

it('lets interactive items before bulk ones, and an eighth of bulk ones between them', () => {
  const items = Array.from({ length: 10 }, (_, at) => [`i${at}`, interactive('a')] as const);
  const order = drained([['b0', bulk('b')], ['b1', bulk('b')], ...items]);
  expect(order.indexOf('b0')).toBe(7);
  expect(order.at(-1)).toBe('b1');
});

it('gives every item once and keeps the order of a client’s items', () => {
  const claims = fc.tuple(
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom('interactive' as const, 'bulk' as const),
  );
  fc.assert(
    fc.property(fc.array(claims, { maxLength: 60 }), (list) => {
      const items = list.map(
        ([clientId, priority], at) => [`${clientId}/${priority}/${at}`, { clientId, priority }] as const,
      );
      const order = drained(items);
      expect([...order].sort()).toEqual(items.map(([item]) => item).sort());
      for (const own of Map.groupBy(order, (item) => item.slice(0, item.lastIndexOf('/'))).values()) {
        const positions = own.map((item) => Number(item.split('/')[2]));
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
      }
    }),
  );
});

it('gives clients equal work, not equal numbers of items', () => {
  const queue = new FairQueue<string>();
  for (let at = 0; at < 4; at++) queue.push(`large${at}`, interactive('large'), 10);
  for (let at = 0; at < 40; at++) queue.push(`small${at}`, interactive('small'), 1);
  const order = Array.from({ length: 22 }, () => queue.pop() ?? '');
  expect(order.filter((item) => item.startsWith('large'))).toHaveLength(2);
  queue.push('new', interactive('new'), 1);
  const positions = Array.from({ length: 22 }, () => queue.pop() ?? '');
  expect(positions.slice(0, 3)).toContain('new');
});

it('shows what comes next without giving it', () => {
  const queue = new FairQueue<string>();
  expect(queue.peek()).toBeUndefined();
  queue.push('bulk', bulk('a'));
  queue.push('interactive', interactive('b'));
  expect([queue.peek(), queue.pop(), queue.peek(), queue.pop()]).toEqual([
    'interactive',
    'interactive',
    'bulk',
    'bulk',
  ]);
});

it.each(['new', 'back'])(
  'gives a client that comes %s its share from now on, and nothing for the time before',
  (client) => {
    const queue = new FairQueue<string>();
    queue.push('back', interactive('back'));
    for (const other of ['a', 'b']) for (let at = 0; at < 100; at++) queue.push(other, interactive(other));
    for (let at = 0; at < 101; at++) queue.pop();
    for (let at = 0; at < 60; at++) queue.push(client, interactive(client));
    const order = Array.from({ length: 60 }, () => queue.pop());
    const own = order.filter((item) => item === client).length;
    expect(own).toBeGreaterThanOrEqual(19);
    expect(own).toBeLessThanOrEqual(21);
  },
);

it('takes an item out before its turn, once, at no cost to its client', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3']) queue.push(item, interactive('a'), 10);
  for (const item of ['b1', 'b2']) queue.push(item, interactive('b'), 10);
  expect(queue.pop()).toBe('a1');
  expect(queue.remove('a2', interactive('a'))).toBe(true);
  expect(queue.remove('a2', interactive('a'))).toBe(false);
  expect(queue.remove('a1', interactive('a'))).toBe(false);
  expect(queue.remove('a3', bulk('a'))).toBe(false);
  expect([queue.size, queue.sizeOf(interactive('a')), queue.sizeOf(interactive('c'))]).toEqual([3, 1, 0]);
  expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()]).toEqual(['b1', 'a3', 'b2', undefined]);
});
