import { expect, it } from 'vitest';
import { Rounds } from './rounds.ts';

async function* items(...all: readonly string[]): AsyncGenerator<string> {
  for (const item of all) yield await Promise.resolve(item);
}

it('gives what continues before what is fresh, and ends when everything is done', async () => {
  const rounds = new Rounds(items('a', 'b', 'c'));
  const seen: string[] = [];
  for await (const item of rounds) {
    seen.push(item);
    if (item === 'a' && seen.length === 1) rounds.again('a');
    else rounds.done();
  }
  expect(seen).toEqual(['a', 'a', 'b', 'c']);
});

it('waits for what is open after the last fresh one', async () => {
  const rounds = new Rounds(items('a'));
  const reader = rounds[Symbol.asyncIterator]();
  expect(await reader.next()).toMatchObject({ value: 'a' });
  const next = reader.next();
  setTimeout(() => {
    rounds.again('a');
  });
  expect(await next).toMatchObject({ value: 'a' });
  const end = reader.next();
  setTimeout(() => {
    rounds.done();
  });
  expect(await end).toMatchObject({ done: true });
});

it('gives a failure to a reader who waits', async () => {
  const rounds = new Rounds(items('a'));
  const reader = rounds[Symbol.asyncIterator]();
  await reader.next();
  const next = reader.next();
  rounds.fail(new Error('no verdict'));
  await expect(next).rejects.toThrow('no verdict');
});
