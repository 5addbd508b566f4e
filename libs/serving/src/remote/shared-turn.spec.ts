import { expect, it } from 'vitest';
import { SharedTurn } from './shared-turn.ts';

const { signal } = new AbortController();

it('lets one key in at a time, in the order of their first callers, and nobody who has given up', async () => {
  const turn = new SharedTurn();
  const entered: string[] = [];
  const enter = async (key: string, name: string, by: AbortSignal = signal): Promise<() => void> => {
    const leave = await turn.enter(key, by);
    entered.push(name);
    return leave;
  };
  const [first, second] = [await enter('a', 'a1'), await enter('a', 'a2')];
  const other = enter('b', 'b1');
  const late = enter('a', 'a3');
  const gone = new AbortController();
  const left = enter('b', 'b2', gone.signal);
  gone.abort();
  await expect(left).rejects.toThrow();
  expect(entered).toEqual(['a1', 'a2']);
  first();
  second();
  (await other)();
  (await late)();
  expect(entered).toEqual(['a1', 'a2', 'b1', 'a3']);
  (await enter('c', 'c1'))();
});

it('lets callers of the key that is in go before those who wait, for as long as it holds', async () => {
  let now = 0;
  const turn = new SharedTurn({ holdMs: 10, now: () => now });
  const entered: string[] = [];
  const enter = async (key: string): Promise<() => void> => {
    const leave = await turn.enter(key, signal);
    entered.push(key);
    return leave;
  };
  const first = await enter('a');
  const other = enter('b');
  now = 9;
  const second = await enter('a');
  now = 10;
  const third = enter('a');
  first();
  second();
  (await other)();
  (await third)();
  expect(entered).toEqual(['a', 'a', 'b', 'a']);
});
