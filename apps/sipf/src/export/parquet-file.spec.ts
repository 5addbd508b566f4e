import { temporaryFolder } from '@sipf/runs/testing';
import { parquetReadObjects } from 'hyparquet';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parquetFile } from './parquet-file.ts';

const ROWS = [
  { prompt: 'ä "q"\n', completions: ['a', ''], labels: [true, false], soft: [0.5, null], n: 3, x: 0.25 },
  { prompt: '', completions: [], labels: [], soft: [1], n: 2 ** 40, x: null },
];

it('is read back as it was, lists and gaps included', async () => {
  const { buffer, byteOffset, byteLength } = parquetFile(ROWS);
  const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  expect(rows.map((row) => ({ x: null, ...row, n: Number(row['n']) }))).toEqual(ROWS);
});

it('takes more rows than one row group', async () => {
  const rows = Array.from({ length: 2500 }, (_, at) => ({ id: `q${at}`, steps: [`${at}`] }));
  const { buffer } = parquetFile(rows);
  expect(await parquetReadObjects({ file: buffer as ArrayBuffer })).toEqual(rows);
});

const python = process.env['PEER_PYTHON'];
it.skipIf(python === undefined)('is read by pyarrow', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'rows.parquet');
  writeFileSync(path, parquetFile(ROWS));
  const code =
    'import json,sys,pyarrow.parquet as p; print(json.dumps(p.read_table(sys.argv[1]).to_pylist()))';
  expect(JSON.parse(execFileSync(python ?? '', ['-c', code, path], { encoding: 'utf8' }))).toEqual(ROWS);
});
