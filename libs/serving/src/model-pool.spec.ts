import { expect, it } from 'vitest';
import { createModelPool } from './model-pool.ts';

const signal = new AbortController().signal;
const model = (key: string) => ({ key });
const turn = () => new Promise(setImmediate);

function poolOf(maxModels: number, fail: readonly string[] = []) {
  const history: string[] = [];
  const pool = createModelPool({
    maxModels,
    open: async ({ key }: { key: string }) => {
      await turn();
      if (fail.includes(key)) throw new Error(`no ${key}`);
      history.push(`open ${key}`);
      return key;
    },
    close: (key) => {
      history.push(`close ${key}`);
      return Promise.resolve();
    },
  });
  return { pool, history };
}

it('opens a model once for many calls', async () => {
  const { pool, history } = poolOf(1);
  const leases = await Promise.all([1, 2, 3].map(() => pool.acquire(model('a'), signal)));
  expect(leases.map((lease) => lease.model)).toEqual(['a', 'a', 'a']);
  expect(history).toEqual(['open a']);
});

it('closes the least recently used idle model for another', async () => {
  const { pool, history } = poolOf(2);
  for (const key of ['a', 'b', 'a', 'c']) {
    await using lease = await pool.acquire(model(key), signal);
    expect(lease.model).toBe(key);
  }
  expect(history).toEqual(['open a', 'open b', 'close b', 'open c']);
});

it('never closes a model in use, and lets the next in as soon as it is given back', async () => {
  const { pool, history } = poolOf(1);
  const first = await pool.acquire(model('a'), signal);
  const second = pool.acquire(model('b'), signal);
  const third = pool.acquire(model('a'), signal);
  await turn();
  expect(history).toEqual(['open a']);
  await first[Symbol.asyncDispose]();
  const b = await second;
  await b[Symbol.asyncDispose]();
  expect((await third).model).toBe('a');
  expect(history).toEqual(['open a', 'close a', 'open b', 'close b', 'open a']);
});

it('forgets a call that was cancelled while it waited', async () => {
  const { pool } = poolOf(1);
  const lease = await pool.acquire(model('a'), signal);
  const controller = new AbortController();
  const waiting = pool.acquire(model('b'), controller.signal);
  await turn();
  controller.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  await lease[Symbol.asyncDispose]();
  expect((await pool.acquire(model('c'), signal)).model).toBe('c');
});

it('tries a model that could not be opened again', async () => {
  const { pool } = poolOf(1, ['a']);
  await expect(pool.acquire(model('a'), signal)).rejects.toThrow('no a');
  await expect(pool.acquire(model('a'), signal)).rejects.toThrow('no a');
  expect((await pool.acquire(model('b'), signal)).model).toBe('b');
});

it('says why a model could not be preloaded, however soon that shows', async () => {
  const pool = createModelPool({
    maxModels: 1,
    open: () => Promise.reject(new Error('no such model')),
    close: () => Promise.resolve(),
  });
  await expect(pool.preload(model('a'))).rejects.toThrow('no such model');
  expect(pool.models).toEqual([]);
});

it('frees idle models but those that are named, and preloads only into room', async () => {
  const { pool, history } = poolOf(2);
  await pool.preload(model('a'));
  await pool.preload(model('b'));
  await pool.free(new Set(['b']));
  expect(pool.models).toEqual(['b']);
  await using used = await pool.acquire(model('b'), signal);
  await using other = await pool.acquire(model('c'), signal);
  await pool.preload(model('d'));
  expect([used.model, other.model]).toEqual(['b', 'c']);
  expect(history).not.toContain('open d');
});

it('lets a call for another model in once a preload has finished', async () => {
  const { pool, history } = poolOf(1);
  const preloaded = pool.preload(model('a'));
  expect((await pool.acquire(model('b'), signal)).model).toBe('b');
  await preloaded;
  expect(history).toEqual(['open a', 'close a', 'open b']);
});

it('takes a lease back once only', async () => {
  const { pool, history } = poolOf(1);
  const first = await pool.acquire(model('a'), signal);
  const second = await pool.acquire(model('a'), signal);
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await pool.free(new Set());
  expect(history).toEqual(['open a']);
  await second[Symbol.asyncDispose]();
  await pool.free(new Set());
  expect(history).toEqual(['open a', 'close a']);
});

it('closes models in use and turns waiting and later calls away when it is closed', async () => {
  const { pool, history } = poolOf(1);
  await pool.acquire(model('a'), signal);
  const waiting = pool.acquire(model('b'), signal);
  const refused = expect(waiting).rejects.toMatchObject({ kind: 'unavailable', reason: 'SHUTTING_DOWN' });
  await turn();
  await pool.close();
  await refused;
  await expect(pool.acquire(model('a'), signal)).rejects.toMatchObject({ reason: 'SHUTTING_DOWN' });
  expect(history).toEqual(['open a', 'close a']);
});
