import { SipfError } from '@sipf/errors';
import { afterAll, expect, it } from 'vitest';
import type { Echo } from '../testing/echo-worker.ts';
import { startEngineWorker } from './engine-worker.ts';

const ENTRY = new URL('../testing/echo-worker.ts', import.meta.url);
const worker = startEngineWorker<Echo>(ENTRY, 'echo');
afterAll(() => worker.close());

it('sends typed arrays there and back', async () => {
  const payload = { data: Float32Array.of(1.5, -2), ids: [1n] };
  expect(await worker.call('echo', payload)).toEqual(payload);
});

it('gives streamed items in order before the result', async () => {
  const items: unknown[] = [];
  const result = worker.call('count', 3, { onItem: (item) => items.push(item) });
  expect(await result).toBe('counted');
  expect(items).toEqual([0, 1, 2]);
});

it('passes expected errors on and marks bugs as such', async () => {
  await expect(worker.call('refuse', null)).rejects.toMatchObject({
    kind: 'not-found',
    reason: 'NOTHING',
    metadata: { name: 'x' },
  });
  const bug: unknown = await worker.call('break', null).catch((error: unknown) => error);
  expect(bug).toBeInstanceOf(Error);
  expect(bug).not.toBeInstanceOf(SipfError);
});

it('lets a caller go at once when the signal fires or the time is up', async () => {
  const controller = new AbortController();
  const waiting = worker.call('wait', null, { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(worker.call('wait', null, { timeoutMs: 10 })).rejects.toMatchObject({
    kind: 'deadline-exceeded',
  });
  await expect(worker.call('wait', null, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    kind: 'cancelled',
  });
  expect(worker.pending).toBe(0);
});

it('refuses a payload that cannot be sent, and serves on', async () => {
  await expect(worker.call('echo', () => 1)).rejects.toThrow(/could not be cloned/);
  expect(await worker.call('echo', 1)).toBe(1);
});

it('fails what is open when its thread dies, and everything after', async () => {
  const mortal = startEngineWorker<Echo>(ENTRY, 'mortal');
  const open = mortal.call('wait', null);
  await expect(mortal.call('die', null)).rejects.toMatchObject({ reason: 'WORKER_LOST' });
  await expect(open).rejects.toMatchObject({ kind: 'unavailable', reason: 'WORKER_LOST' });
  await expect(mortal.call('echo', 1)).rejects.toMatchObject({ reason: 'WORKER_LOST' });
  expect((await mortal.ended)?.message).toContain('7');
});

it('ends its thread on close, whatever runs', async () => {
  const closing = startEngineWorker<Echo>(ENTRY, 'closing');
  const open = closing.call('wait', null);
  const failed = expect(open).rejects.toMatchObject({ kind: 'cancelled' });
  await closing.close();
  await failed;
  expect(await closing.ended).toBeUndefined();
  await expect(closing.call('echo', 1)).rejects.toMatchObject({ reason: 'WORKER_CLOSED' });
});
