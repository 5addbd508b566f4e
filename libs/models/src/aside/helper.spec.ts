import { SipfError } from '@sipf/errors';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { Helper, type HelperOptions } from './helper.ts';
import type { TestOrder } from './testing/answers.ts';

const ANSWERS = new URL('./testing/answers.ts', import.meta.url).href;

function helperWith(options: Omit<HelperOptions, 'lost'> = {}) {
  const lost = (why: string) => new SipfError('failed-precondition', why, { reason: 'LOST' });
  const helper = new Helper({ lost, ...options });
  onTestFinished(() => helper.close());
  return { ask: (order: TestOrder) => helper.ask(ANSWERS, order), close: () => helper.close() };
}

it('gives what a module answers, and throws what it throws', async () => {
  const { ask } = helperWith();
  expect(await ask('echo')).toEqual({ said: 'echo' });
  await expect(ask('refuse')).rejects.toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  await expect(ask('break')).rejects.toThrow('in a worker: x is undefined');
  await expect(ask('forget')).rejects.toThrow('could not be cloned');
  expect(await ask('echo')).toEqual({ said: 'echo' });
});

it('ends work that comes to no end, lets the event loop turn meanwhile, and does what waits after it', async () => {
  const { ask } = helperWith({ limitMs: 1000 });
  const orders = Promise.allSettled([ask('echo'), ask('never'), ask('echo')]);
  let turns = 0;
  const turning = setInterval(() => turns++, 10);
  const [first, second, third] = await orders;
  clearInterval(turning);
  expect([first.status, third.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(second).toMatchObject({ reason: { reason: 'LOST', message: 'it works for longer than 1 seconds' } });
  expect(turns).toBeGreaterThan(20);
});

it('gives nobody the answer to an order whose time was over when it came', async () => {
  const { ask } = helperWith({ limitMs: 2000 });
  await ask('echo');
  const orders = Promise.allSettled([ask('late'), ask('echo')]);
  // The event loop is held up until both are due, the end of its time, which comes first after an immediate, and the answer.
  await immediate();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
  const [first, second] = await orders;
  expect(first).toMatchObject({ reason: { reason: 'LOST' } });
  expect(second).toMatchObject({ value: { said: 'echo' } });
});

it('survives work that fills its memory', async () => {
  const { ask } = helperWith({ heapMb: 64 });
  await expect(ask('fill memory')).rejects.toMatchObject({
    reason: 'LOST',
    message: 'it takes more than 64 MiB of memory',
  });
  expect(await ask('echo')).toEqual({ said: 'echo' });
});

it('lets a bounded number wait, and rejects all waiting tasks when it is closed', async () => {
  const { ask, close } = helperWith();
  const orders = Array.from({ length: 300 }, () => ask('never').catch((error: unknown) => error));
  await wait(50);
  await close();
  const reasons = (await Promise.all(orders)).map((error) => (error as SipfError).reason);
  expect(new Set(reasons.slice(0, 257))).toEqual(new Set(['WORKER_CLOSED']));
  expect(new Set(reasons.slice(257))).toEqual(new Set(['QUEUE_FULL']));
});

it('keeps its process alive while it works and no longer', async () => {
  const script = join(temporaryFolder(), 'asks.mjs');
  const source = `
    import { Helper } from ${JSON.stringify(new URL('./helper.ts', import.meta.url).href)};
    const answer = await new Helper({ lost: Error }).ask(${JSON.stringify(ANSWERS)}, 'echo');
    console.log(JSON.stringify(answer));`;
  writeFileSync(script, source);
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 60_000 });
  expect(stdout.trim()).toBe('{"said":"echo"}');
});
