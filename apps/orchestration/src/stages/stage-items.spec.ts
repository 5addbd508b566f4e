import { openJournal } from '@sipf/runs';
import { temporaryFolder } from '@sipf/runs/testing';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { processStageItems } from './stage-items.ts';
import { strictServices } from './testing/strict-services.ts';

it('has as many calls under way as the replicas that the stage asks can take, as they come and go', async () => {
  using folder = temporaryFolder();
  let replicas = 1;
  const asked: string[] = [];
  const services = {
    ...strictServices({ calls: [], refused: [] }),
    replicasOf: (part: string) => {
      asked.push(part);
      return replicas;
    },
  };
  const open: (() => void)[] = [];
  const items = Array.from({ length: 20 }, (_, index) => index);
  const context = {
    stage: { kind: 'label' } as never,
    services,
    limits: { concurrentStages: 1, concurrentCalls: 2, itemsPerCall: 1, callTimeoutMs: 1000 },
    openJournal: <R>() => openJournal<R>(join(folder.path, 'journal.jsonl'), 'test'),
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  const results = processStageItems(context, items, {
    key: String,
    bytesOf: () => 1,
    call: async (chunk) => {
      await new Promise<void>((resolve) => open.push(resolve));
      return chunk.map((item) => item * item);
    },
  });
  await expect.poll(() => open.length).toBe(2);
  replicas = 4;
  await expect.poll(() => open.length, { timeout: 10_000 }).toBe(8);
  replicas = 1;
  for (const done of open.splice(0, 6)) done();
  await expect.poll(() => open.length).toBe(2);
  replicas = 4;
  await expect.poll(() => open.length, { timeout: 10_000 }).toBe(8);
  const ended = results.then(() => true);
  // Calls come one by one, so that none open does not mean the end.
  while (!(await Promise.race([ended, delay(5, false)]))) for (const done of open.splice(0)) done();
  expect(await results).toEqual(items.map((item) => item * item));
  expect(new Set(asked)).toEqual(new Set(['simulator']));
}, 30_000);
