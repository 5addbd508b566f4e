import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { inFlight, type InFlightOptions } from './in-flight.ts';

type Work = InFlightOptions<number, number>['work'];
type Bounds = { readonly limit?: number; readonly held?: number; readonly isInOrder?: boolean };

function start(items: AsyncIterable<number>, work: Work, bounds: Bounds & { signal?: AbortSignal } = {}) {
  const { limit = 3, held = 0, isInOrder = true, signal = new AbortController().signal } = bounds;
  return inFlight(items, { work, limit, held, inOrder: () => isInOrder, signal });
}

async function collect(results: AsyncIterable<number>) {
  const given: number[] = [];
  try {
    for await (const result of results) given.push(result);
  } catch (error) {
    return { given, error };
  }
  return { given, error: undefined };
}

async function* numbers(...values: (number | Error)[]) {
  for (const value of values) {
    await sleep(0);
    if (value instanceof Error) throw value;
    yield value;
  }
}

/** Work that a test ends item by item, and that hears a cancel. */
function gated() {
  const gates = new Map<number, PromiseWithResolvers<number>>();
  const started: number[] = [];
  const cancelled: number[] = [];
  const work: Work = (item, _index, signal) => {
    const gate = Promise.withResolvers<number>();
    gates.set(item, gate);
    started.push(item);
    signal.addEventListener('abort', () => {
      cancelled.push(item);
      gate.reject(new Error('cancelled'));
    });
    return gate.promise;
  };
  const hasStarted = (items: number[]) =>
    vi.waitFor(() => {
      expect(started).toEqual(items);
    });
  const open = (item: number) => gates.get(item)?.resolve(item * 10);
  const fail = (item: number) => gates.get(item)?.reject(new Error(`no ${item}`));
  return { work, hasStarted, cancelled, open, fail };
}

it('reads ahead up to its bound and gives results in order', async () => {
  const { work, hasStarted, open } = gated();
  const results = collect(start(numbers(1, 2, 3, 4), work));
  await hasStarted([1, 2, 3]);
  open(3);
  open(2);
  await sleep(20);
  await hasStarted([1, 2, 3]);
  open(1);
  await hasStarted([1, 2, 3, 4]);
  open(4);
  expect(await results).toEqual({ given: [10, 20, 30, 40], error: undefined });
});

it('continues while results wait for an earlier one, as far as they may be held', async () => {
  const { work, hasStarted, open } = gated();
  const results = collect(start(numbers(1, 2, 3, 4, 5), work, { limit: 2, held: 1 }));
  await hasStarted([1, 2]);
  open(2);
  await hasStarted([1, 2, 3]);
  open(3);
  await sleep(20);
  await hasStarted([1, 2, 3]);
  open(1);
  await hasStarted([1, 2, 3, 4, 5]);
  open(5);
  open(4);
  expect((await results).given).toEqual([10, 20, 30, 40, 50]);
});

it('gives results as they are ready where no order is wanted', async () => {
  const { work, hasStarted, open } = gated();
  const results = collect(start(numbers(1, 2, 3), work, { isInOrder: false }));
  await hasStarted([1, 2, 3]);
  for (const item of [3, 1, 2]) {
    open(item);
    await sleep(0);
  }
  expect((await results).given).toEqual([30, 10, 20]);
});

it('gives a result while the sender waits for it before it sends more', async () => {
  const answered = Promise.withResolvers<undefined>();
  async function* dialogue(): AsyncGenerator<number> {
    yield 1;
    await answered.promise;
    yield 2;
  }
  const results = start(dialogue(), (item) => Promise.resolve(item));
  expect((await results.next()).value).toBe(1);
  answered.resolve(undefined);
  expect((await collect(results)).given).toEqual([2]);
});

it.each([true, false])('never has more than its limit under way (in order: %s)', async (isInOrder) => {
  let taken = 0;
  async function* counted(): AsyncGenerator<number> {
    while (taken < 9) yield await Promise.resolve(taken++);
  }
  let running = 0;
  let most = 0;
  const work: Work = async (item) => {
    most = Math.max(most, ++running);
    expect(taken).toBeLessThanOrEqual(item + 3);
    await sleep(1);
    running--;
    return item;
  };
  const { given } = await collect(start(counted(), work, { isInOrder }));
  expect(given.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(most).toBe(3);
});

it.each([true, false])(
  'gives what was asked before its source failed, then the failure (in order: %s)',
  async (isInOrder) => {
    const work: Work = async (item) => sleep(5, item);
    const { given, error } = await collect(start(numbers(1, 2, new Error('lost')), work, { isInOrder }));
    expect(given).toEqual([1, 2]);
    expect(error).toEqual(new Error('lost'));
  },
);

it('emits a failure in order, and cancels what comes after it', async () => {
  const { work, hasStarted, cancelled, open, fail } = gated();
  const results = collect(start(numbers(1, 2, 3), work));
  await hasStarted([1, 2, 3]);
  fail(2);
  await sleep(5);
  open(1);
  expect(await results).toEqual({ given: [10], error: new Error('no 2') });
  expect(cancelled).toContain(3);
});

it('ends with the first failure where no order is wanted, though its source is silent, once all work has ended', async () => {
  const { work, hasStarted, fail } = gated();
  let isCleanedUp = false;
  const slow: Work = async (item, index, signal) => {
    try {
      return await work(item, index, signal);
    } finally {
      await sleep(5);
      if (item === 1) isCleanedUp = true;
    }
  };
  async function* silent(): AsyncGenerator<number> {
    yield* numbers(1, 2);
    await new Promise(() => undefined);
  }
  const results = collect(start(silent(), slow, { isInOrder: false }));
  await hasStarted([1, 2]);
  fail(2);
  expect(await results).toEqual({ given: [], error: new Error('no 2') });
  expect(isCleanedUp).toBe(true);
});

it('cancels what is under way when its reader leaves, and begins nothing that arrives later', async () => {
  const { work, hasStarted, cancelled, open } = gated();
  const late = Promise.withResolvers<undefined>();
  async function* source(): AsyncGenerator<number> {
    yield* numbers(1, 2);
    await late.promise;
    yield 3;
  }
  const results = start(source(), work, { isInOrder: false });
  const first = results.next();
  await hasStarted([1, 2]);
  open(2);
  expect((await first).value).toBe(20);
  await results.return();
  expect(cancelled).toContain(1);
  late.resolve(undefined);
  await sleep(5);
  await hasStarted([1, 2]);
});

it('passes its own signal on to the work', async () => {
  const { work, hasStarted, cancelled } = gated();
  const stop = new AbortController();
  const results = collect(start(numbers(1, 2), work, { signal: stop.signal }));
  await hasStarted([1, 2]);
  stop.abort();
  expect(await results).toEqual({ given: [], error: new Error('cancelled') });
  expect(cancelled).toEqual([1, 2]);
});

it('ends quietly for a stream without items', async () => {
  expect(await collect(start(numbers(), () => Promise.resolve(0)))).toEqual({ given: [], error: undefined });
});
