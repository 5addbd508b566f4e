import { openJournal } from '@sipf/runs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processItems, type ProcessOptions } from './process-items.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-items-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const items = Array.from({ length: 10 }, (_, index) => index);

async function run(call: ProcessOptions<number, number>['call'], signal = new AbortController().signal) {
  const journal = await openJournal<number>(join(folder, 'journal.jsonl'), 'test');
  try {
    const progress = (): void => undefined;
    return await processItems(items, {
      key: String,
      journal,
      ...{ itemsPerCall: 3, bytesPerCall: 100, bytesOf: () => 1 },
      concurrency: () => 2,
      signal,
      progress,
      call,
    });
  } finally {
    await journal.close();
  }
}

it('gives the results in the order of the items, whichever call ends first', async () => {
  const results = await run(async (chunk) => {
    await new Promise((resolve) => setTimeout(resolve, 10 - (chunk[0] ?? 0)));
    return chunk.map((item) => item * item);
  });
  expect(results).toEqual(items.map((item) => item * item));
});

it('computes only what an earlier attempt did not finish', async () => {
  const first = run((chunk) =>
    chunk.includes(4) ? Promise.reject(new Error('lost')) : Promise.resolve(chunk.map((item) => item + 1)),
  );
  await expect(first).rejects.toThrow('lost');
  const computed: number[] = [];
  const results = await run((chunk) => {
    computed.push(...chunk);
    return Promise.resolve(chunk.map((item) => item + 1));
  });
  expect(results).toEqual(items.map((item) => item + 1));
  expect(computed).not.toContain(0);
  expect(computed).toContain(4);
});

it('stops at a cancel and throws its reason', async () => {
  const controller = new AbortController();
  const work = run((chunk) => {
    controller.abort(new Error('cancelled'));
    return Promise.resolve([...chunk]);
  }, controller.signal);
  await expect(work).rejects.toThrow('cancelled');
});
