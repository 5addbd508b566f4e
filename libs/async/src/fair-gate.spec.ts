import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FairGate } from './fair-gate.ts';

it('never admits more than its capacity and admits one client in order of arrival', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 30 }),
      async (weights) => {
        const gate = new FairGate(8);
        const order: number[] = [];
        let used = 0;
        const visits = weights.map(async (weight, index) => {
          const leave = await gate.enter(weight);
          order.push(index);
          used += Math.min(weight, 8);
          expect(used).toBeLessThanOrEqual(8);
          await setImmediate();
          used -= Math.min(weight, 8);
          leave();
        });
        await Promise.all(visits);
        expect(order).toEqual([...weights.keys()]);
        expect(gate.waiting).toBe(0);
      },
    ),
    { numRuns: 30 },
  );
});

it('lets a waiting caller go when its signal fires, and those behind it in', async () => {
  const gate = new FairGate(2);
  const leave = await gate.enter(1);
  const controller = new AbortController();
  const tooWide = gate.enter(2, { signal: controller.signal });
  const narrow = gate.enter(1);
  controller.abort();
  await expect(tooWide).rejects.toMatchObject({ kind: 'cancelled' });
  (await narrow)();
  leave();
  expect(gate.waiting).toBe(0);
});

it('lets an interactive caller in before a bulk one that does not fit yet, and then the bulk one', async () => {
  const gate = new FairGate(4);
  const first = await gate.enter(3);
  const order: string[] = [];
  const entering = (name: string, weight: number, priority: 'interactive' | 'bulk') =>
    gate.enter(weight, { claim: { priority, clientId: name } }).then((leave) => {
      order.push(name);
      return leave;
    });
  const bulk = entering('bulk', 4, 'bulk');
  const interactive = entering('interactive', 1, 'interactive');
  (await interactive)();
  first();
  (await bulk)();
  expect(order).toEqual(['interactive', 'bulk']);
});

it('charges a client nothing for a wait that it gave up', async () => {
  const gate = new FairGate(1);
  const first = await gate.enter(1, { claim: { priority: 'interactive', clientId: 'other' } });
  const order: string[] = [];
  const enter = async (clientId: string, signal?: AbortSignal): Promise<void> => {
    const leave = await gate.enter(1, { claim: { priority: 'interactive', clientId }, signal });
    order.push(clientId);
    leave();
  };
  const stop = new AbortController();
  const givenUp = Array.from({ length: 5 }, () => enter('fickle', stop.signal).catch(() => undefined));
  const others = [enter('steady'), enter('steady')];
  const back = enter('fickle');
  stop.abort();
  first();
  await Promise.all([...givenUp, ...others, back]);
  expect(order).toEqual(['fickle', 'steady', 'steady']);
});

it('says whether there is room without waiting, and lets nobody past those who wait', async () => {
  const gate = new FairGate(3);
  const two = gate.tryEnter(2);
  expect(gate.tryEnter(2)).toBeUndefined();
  const waiting = gate.enter(2);
  expect(gate.tryEnter(1)).toBeUndefined();
  two?.();
  (await waiting)();
  expect(gate.tryEnter(9)).toBeTypeOf('function');
});

it('lets a client in that has nothing while others fill the gate and wait, where places are kept', async () => {
  const gate = new FairGate(4, 5);
  const bulk = { priority: 'bulk', clientId: 'run' } as const;
  const person = { priority: 'interactive', clientId: 'person' } as const;
  const leave = await gate.enter(4, { claim: bulk });
  const waits = gate.enter(4, { claim: bulk });
  expect(gate.tryEnter(1, bulk)).toBeUndefined();
  const leavePerson = gate.tryEnter(1, person);
  expect(leavePerson).toBeTypeOf('function');
  expect(gate.tryEnter(1, person)).toBeUndefined();
  expect(gate.tryEnter(1, { priority: 'interactive', clientId: 'other' })).toBeUndefined();
  leavePerson?.();
  leave();
  (await waits)();
  expect(gate.waiting).toBe(0);
});
