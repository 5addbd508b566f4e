import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inFlight } from './in-flight.ts';

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('gives results in the order in which they are ready', async () => {
  const gates = new Map(['slow', 'quick'].map((name) => [name, Promise.withResolvers<undefined>()]));
  const results = inFlight(2, from(['slow', 'quick']), async (name) => {
    await gates.get(name)?.promise;
    return name;
  });
  gates.get('quick')?.resolve(undefined);
  expect(await results.next()).toEqual({ done: false, value: 'quick' });
  gates.get('slow')?.resolve(undefined);
  expect(await collect(results)).toEqual(['slow']);
});

it('gives results in the order of the items on request', async () => {
  const gates = new Map(['slow', 'quick'].map((name) => [name, Promise.withResolvers<undefined>()]));
  const wait = async (name: string) => {
    await gates.get(name)?.promise;
    return name;
  };
  const results = inFlight(2, from(['slow', 'quick', 'last']), wait, (first) => first === 'slow');
  gates.get('quick')?.resolve(undefined);
  const first = results.next();
  await sleep(5);
  gates.get('slow')?.resolve(undefined);
  expect(await first).toEqual({ done: false, value: 'slow' });
  expect(await collect(results)).toEqual(['quick', 'last']);
});

it('gives a result while the sender waits for it before it sends more', async () => {
  const answered = Promise.withResolvers<undefined>();
  async function* dialogue(): AsyncGenerator<string> {
    yield 'first';
    await answered.promise;
    yield 'second';
  }
  const results = inFlight(4, dialogue(), (name) => Promise.resolve(name));
  expect((await results.next()).value).toBe('first');
  answered.resolve(undefined);
  expect(await collect(results)).toEqual(['second']);
});

it('never has more than the limit under way, and takes no more than it can start', async () => {
  let taken = 0;
  async function* counted(): AsyncGenerator<number> {
    while (taken < 9) yield await Promise.resolve(taken++);
  }
  let running = 0;
  let most = 0;
  const results = inFlight(3, counted(), async (item) => {
    most = Math.max(most, ++running);
    expect(taken).toBeLessThanOrEqual(item + 3);
    await sleep(1);
    running--;
    return item;
  });
  expect((await collect(results)).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(most).toBe(3);
});

it('ends with the first failure and cancels what is under way', async () => {
  const cancelled = Promise.withResolvers<string>();
  const results = inFlight(2, from(['stays', 'fails']), (name, signal) => {
    if (name === 'fails') return Promise.reject(new Error('broken'));
    signal.addEventListener('abort', () => {
      cancelled.resolve(name);
    });
    return new Promise<string>(() => undefined);
  });
  await expect(collect(results)).rejects.toThrow('broken');
  expect(await cancelled.promise).toBe('stays');
});

it('cancels what is under way when its reader leaves, though the sender is silent', async () => {
  async function* silent(): AsyncGenerator<string> {
    yield 'stays';
    yield 'quick';
    await new Promise(() => undefined);
  }
  const cancelled = Promise.withResolvers<string>();
  const results = inFlight(3, silent(), (name, signal) => {
    if (name === 'quick') return Promise.resolve(name);
    signal.addEventListener('abort', () => {
      cancelled.resolve(name);
    });
    return new Promise<string>(() => undefined);
  });
  for await (const name of results) {
    expect(name).toBe('quick');
    break;
  }
  expect(await cancelled.promise).toBe('stays');
});

it('fails as the sender does', async () => {
  async function* broken(): AsyncGenerator<string> {
    yield await Promise.resolve('first');
    throw new Error('sender gone');
  }
  await expect(collect(inFlight(2, broken(), (name) => Promise.resolve(name)))).rejects.toThrow(
    'sender gone',
  );
});
