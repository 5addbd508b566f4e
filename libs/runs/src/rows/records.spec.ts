import { canonicalJson, FolderArtifactStore } from '@sipf/artifacts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { putRecords, readRecords } from './records.ts';
import { ROWS } from './rows.ts';

let folder: string;
let store: FolderArtifactStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-records-'));
  store = new FolderArtifactStore(folder);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const PATH = {
  ...{ questionId: 'q', iteration: 1, sampleIndex: 0, text: 'a', outcome: 'wrong', meanLogProb: -1 },
  steps: [{ text: 'a', start: 0, end: 1, later: 'field' }],
  later: 'field',
};

it('keeps a digest when rows of paths and pairs are read and stored again, with fields of later versions', async () => {
  const pair = { questionId: 'q', chosen: PATH, rejected: PATH, difference: 0.5, later: 1 };
  for (const [schema, record] of [
    [ROWS.paths, PATH],
    [ROWS.pairs, pair],
  ] as const) {
    const { digest } = await putRecords(store, [record]);
    const read = await readRecords<unknown>(store, digest, schema);
    expect(read).toEqual([record]);
    expect((await putRecords(store, read)).digest).toBe(digest);
  }
});

it('reads labels that roll-outs left open, and those from before it was kept which roll-outs reach the answer', async () => {
  const record = { path: '1/0/q', labels: [{ hard: undefined, soft: undefined, rollouts: 0 }] };
  const { digest } = await putRecords(store, [JSON.parse(canonicalJson(record))]);
  const [read] = await readRecords(store, digest, ROWS.labels);
  expect(read?.labels).toEqual([{ hard: undefined, soft: undefined, rollouts: 0, reachedBy: [] }]);
});

it('refuses a row of another shape, and names the artifact, the row and the field', async () => {
  const { digest } = await putRecords(store, [PATH, { ...PATH, outcome: 'perhaps' }]);
  const read = readRecords(store, digest, ROWS.paths);
  await expect(read).rejects.toMatchObject({ kind: 'data-loss', reason: 'ROWS_INVALID' });
  await expect(read).rejects.toThrow(`${digest}:2 is not a row that this version reads (outcome `);
});
