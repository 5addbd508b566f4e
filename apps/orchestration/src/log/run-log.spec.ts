import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRunLog } from './run-log.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-run-log-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('shows nobody an entry that is not on disk, and numbers entries in the order of the file', async () => {
  const log = await openRunLog(folder, () => 0);
  const onDisk = () => readFileSync(join(folder, 'log.jsonl'), 'utf8').split('\n').length - 1;
  const appends = ['a', 'b', 'c'].map(async (stage) => {
    const { index } = await log.append({ kind: 'stage-started', stage });
    expect(log.entries.length).toBeLessThanOrEqual(onDisk());
    return index;
  });
  expect(log.entries).toEqual([]);
  expect(await Promise.all(appends)).toEqual([0, 1, 2]);
  expect(log.entries.map(({ index }) => index)).toEqual([0, 1, 2]);
  await log.close();
});
