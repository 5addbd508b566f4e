import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { putRecords, ROWS } from '@sipf/runs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { indexLines, readLines } from './line-index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sipf-lines-'));
const store = new FolderArtifactStore(folder);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const schema = ROWS.any;

/** Over 1 MiB, so that lines cross the chunks in which a store reads. */
const records = Array.from({ length: 3000 }, (_, at) => ({ at, text: 'wörter '.repeat(at % 120) }));

it('gives any lines again without reading the others', async () => {
  const { digest } = await putRecords(store, records);
  const seen: number[] = [];
  const index = await indexLines({ store, digest, schema }, (record, line) => {
    expect(record).toEqual(records[line]);
    seen.push(line);
  });
  expect(index.count).toBe(records.length);
  expect(seen).toHaveLength(records.length);
  const wanted = [2999, 0, 1500, 1500];
  expect(await readLines({ store, schema }, index, wanted)).toEqual(wanted.map((line) => records[line]));
});

it('finds no lines in an empty artifact', async () => {
  const { digest } = await store.putBytes(new Uint8Array(), MEDIA_TYPES.jsonLines);
  expect((await indexLines({ store, digest, schema }, () => undefined)).count).toBe(0);
});
