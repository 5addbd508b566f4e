import { expect, it } from 'vitest';
import type { Echo } from '../testing/echo-worker.ts';
import { createWorkerPool, type WorkerEvent, type WorkerPool } from './worker-pool.ts';

const ENTRY = new URL('../testing/echo-worker.ts', import.meta.url);

async function echoPool(size: number): Promise<{ pool: WorkerPool<Echo>; events: WorkerEvent[] }> {
  const events: WorkerEvent[] = [];
  const pool = await createWorkerPool<Echo>({
    entry: ENTRY,
    size,
    name: 'echo',
    initialise: async (worker) => {
      await worker.call('prepare', null);
    },
    onEvent: (event) => events.push(event),
  });
  return { pool, events };
}

it('gives calls to the least loaded worker, by weight', async () => {
  const { pool } = await echoPool(2);
  const stop = new AbortController();
  const heavy = pool.call('wait', null, { weight: 10, signal: stop.signal });
  const others = await Promise.all([1, 2, 3].map(() => pool.call('thread', null, { weight: 3 })));
  expect(new Set(others.map(({ threadId }) => threadId)).size).toBe(1);
  stop.abort();
  await expect(heavy).rejects.toMatchObject({ kind: 'cancelled' });
  await pool.close();
});

it('replaces a thread that dies, prepares the new one and runs the call again', async () => {
  const { pool, events } = await echoPool(1);
  const { threadId } = await pool.call('thread', null);
  expect(await pool.call('dieOnThread', threadId)).not.toBe(threadId);
  expect(await pool.call('thread', null)).toMatchObject({ prepared: true });
  expect(pool.replaced).toBe(1);
  expect(events.map(({ kind }) => kind)).toEqual(['worker-lost', 'worker-replaced', 'work-retried']);
  await pool.close();
});

it('gives a call up that kills every worker it runs on, and serves others on', async () => {
  const { pool } = await echoPool(2);
  await expect(pool.call('die', null)).rejects.toMatchObject({ kind: 'unavailable', reason: 'WORKER_LOST' });
  expect(await pool.call('echo', 'alive')).toBe('alive');
  await pool.close();
});

it('fails to start when its workers cannot be prepared, and leaves no thread', async () => {
  const pool = createWorkerPool<Echo>({
    entry: ENTRY,
    size: 2,
    name: 'echo',
    initialise: async (worker) => {
      await worker.call('refuse', null);
    },
  });
  await expect(pool).rejects.toMatchObject({ reason: 'NOTHING' });
});
