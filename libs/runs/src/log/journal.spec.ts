import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openJournal } from './journal.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-journal-'));
  path = join(folder, 'sample-1.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('begins with its format and who writes, once, with the first items', async () => {
  const journal = await openJournal<number>(path, 'sipf 1');
  expect(readFileSync(path, 'utf8')).toBe('');
  await journal.append({ key: 'a', result: 1 });
  await journal.append({ key: 'b', result: 2 }, { key: 'c', result: 3 });
  await journal.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { format: 1, program: 'sipf 1' },
    { key: 'a', result: 1 },
    { key: 'b', result: 2 },
    { key: 'c', result: 3 },
  ]);
  const again = await openJournal<number>(path, 'sipf 2');
  expect(again.recovered).toMatchObject([
    { key: 'a', result: 1 },
    { key: 'b', result: 2 },
    { key: 'c', result: 3 },
  ]);
  expect(again.recovered).toHaveLength(3);
  await again.append({ key: 'd', result: 4 });
  await again.close();
  expect(readFileSync(path, 'utf8').match(/"format"/g)).toHaveLength(1);
});

it('writes its heading with the next items where the first could not be written', async () => {
  const journal = await openJournal<unknown>(path, 'sipf 1');
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  await expect(journal.append({ key: 'a', result: circle })).rejects.toThrow('circular');
  await journal.append({ key: 'b', result: 1 });
  await journal.close();
  expect(readFileSync(path, 'utf8')).toMatch(/^\{"format":1,.*\n\{"key":"b"/);
});

it('refuses a journal of a later format by its last two names, and takes no heading in its midst', async () => {
  writeFileSync(path, '{"format":2}\n');
  const name = path.split('/').slice(-2).join('/');
  await expect(openJournal(path, 'sipf 1')).rejects.toMatchObject({
    kind: 'failed-precondition',
    reason: 'FORMAT_UNKNOWN',
    message: expect.stringContaining(name) as string,
  });
  writeFileSync(path, '{"format":1}\n{"format":1}\n{"key":"a","result":1}\n');
  await expect(openJournal(path, 'sipf 1')).rejects.toMatchObject({
    reason: 'LOG_CORRUPT',
    message: expect.stringContaining('it is safe to delete this file') as string,
  });
});
