import { FolderArtifactStore } from '@sipf/artifacts';
import { datasetWriters } from '@sipf/evaluation';
import { temporaryFolder } from '@sipf/runs/testing';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testTerminal } from '../testing/test-terminal.ts';
import { mapRows, type MapBatch } from './map-rows.ts';
import { readRows, type LongRow } from './read-rows.ts';
import { checkTrainingRows, putTrainingRows } from './training-rows.ts';

const schema = z.object({ id: z.string(), steps: z.array(z.string()) });
const stdin = Readable.from([]);

async function read(text: string): Promise<unknown[]> {
  using folder = temporaryFolder();
  const rows: unknown[] = [];
  for await (const row of readRows(folder.write('in.jsonl', text), { schema, stdin })) rows.push(row);
  return rows;
}

describe('reading', () => {
  it('gives rows with their lines, passing over empty ones', async () => {
    const value = { id: 'a', steps: ['x'] };
    expect(await read(`\n${JSON.stringify(value)}\n\n`)).toEqual([{ value, line: 2 }]);
  });

  it.each([
    ['{"id": "a"', 'in.jsonl:1: is not JSON'],
    ['{"id": "a"}', 'in.jsonl:1: steps: is required'],
    [
      '{"id": "a", "steps": []}\n{"id": 1, "steps": [2]}',
      'in.jsonl:2: id: invalid input: expected string, received number; steps.0: invalid input: expected string, received number',
    ],
    ['[]', 'in.jsonl:1: invalid input: expected object, received array'],
  ])('names file, line and field of %s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('says why a file cannot be read', async () => {
    const next = (file: string) => readRows(file, { schema, stdin }).next();
    await expect(next('/nowhere/x.jsonl')).rejects.toThrow(
      'cannot read /nowhere/x.jsonl: there is no such file',
    );
    await expect(next('/')).rejects.toThrow('cannot read /: it is a folder');
  });
});

describe('mapping', () => {
  const numbers = z.object({ n: z.number() });
  const text = [1, 2, 3, 4, 5].map((n) => `{"n":${n}}\n`).join('');

  it('maps standard input to standard output, some rows at a time', async () => {
    const terminal = testTerminal({ input: text });
    const sizes: number[] = [];
    await mapRows({ input: '-', output: '-', schema: numbers, batch: 2 }, terminal, (work) =>
      work((rows) => {
        sizes.push(rows.length);
        return Promise.resolve(rows.map(({ value }) => ({ n: value.n * 10 })));
      }),
    );
    expect(terminal.output()).toBe('{"n":10}\n{"n":20}\n{"n":30}\n{"n":40}\n{"n":50}\n');
    expect(sizes).toEqual([2, 2, 1]);
  });

  it('works on no more bytes at once than there is room for, but on one row that has more alone', async () => {
    const texts = ['a', 'b', 'cccc', 'ddddddddddddddd', 'e', 'é'];
    const terminal = testTerminal({
      input: texts.map((one) => `${JSON.stringify({ text: one })}\n`).join(''),
    });
    const batches: string[][] = [];
    const options = {
      input: '-',
      output: '-',
      schema: z.object({ text: z.string() }),
      batch: 3,
      batchBytes: 26,
    };
    await mapRows(options, terminal, (work) =>
      work((rows) => {
        batches.push(rows.map(({ value }) => value.text));
        return Promise.resolve([]);
      }),
    );
    // {"text":"a"} has 12 bytes.
    expect(batches).toEqual([['a', 'b'], ['cccc'], ['ddddddddddddddd'], ['e', 'é']]);
  });

  it('starts nothing for a file that is wrong at its first line, or a result that cannot be written', async () => {
    using folder = temporaryFolder();
    const good = folder.write('good', text);
    const terminal = testTerminal({ input: 'x' });
    const start = () => Promise.reject(new Error('started'));
    const options = { schema: numbers, batch: 2, output: '-' };
    await expect(mapRows({ ...options, input: '-' }, terminal, start)).rejects.toThrow(
      'standard input:1: is not JSON',
    );
    const unwritable = { ...options, input: good, output: '/nowhere/out.jsonl' };
    await expect(mapRows(unwritable, terminal, start)).rejects.toThrow(
      'cannot write /nowhere/out.jsonl (ENOENT)',
    );
  });

  it('leaves no half of a result behind', async () => {
    using folder = temporaryFolder();
    const input = folder.write('in.jsonl', `${text}{"n":"six"}\n`);
    const output = join(folder.path, 'out.jsonl');
    const mapped = mapRows({ input, output, schema: numbers, batch: 1 }, testTerminal(), (work) =>
      work((rows) => Promise.resolve(rows.map(({ value }) => value))),
    );
    await expect(mapped).rejects.toThrow('in.jsonl:6: n: invalid input');
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(folder.path)).toEqual(['in.jsonl']);
  });

  it('gives a row that is too long a result in its place, where the command has one for it', async () => {
    using folder = temporaryFolder();
    const long = `{"n":6,"text":"${'x'.repeat(16 * 1024 * 1024)}"}\n`;
    const input = folder.write('in.jsonl', `${text}${long}${text}`);
    const output = join(folder.path, 'out.jsonl');
    const sizes: number[] = [];
    const options = { input, output, schema: numbers, batch: 4 };
    const within = (work: (map: MapBatch<{ n: number }>) => Promise<void>) =>
      work((rows) => {
        sizes.push(rows.length);
        return Promise.resolve(rows.map(({ value }) => value.n));
      });
    const ofLongRow = ({ known, message }: LongRow) => [known.fields, message];
    await mapRows({ ...options, ofLongRow }, testTerminal(), within);
    const message =
      'the row on line 6 has 16777233 bytes, at most 16777216 are read; shorten text, its longest field';
    const expected = [1, 2, 3, 4, 5, [{ n: 6 }, message], 1, 2, 3, 4, 5];
    expect(
      readFileSync(output, 'utf8')
        .trim()
        .split('\n')
        .map((row) => JSON.parse(row) as unknown),
    ).toEqual(expected);
    expect(sizes).toEqual([4, 1, 4, 1]);
    await expect(mapRows(options, testTerminal(), within)).rejects.toThrow(
      'in.jsonl:6: is longer than 16777216 bytes',
    );
  });

  it('makes an empty result of an empty file without starting anything', async () => {
    using folder = temporaryFolder();
    const output = join(folder.path, 'out.jsonl');
    const options = { input: folder.write('in', ''), output, schema: numbers, batch: 1 };
    await mapRows(options, testTerminal(), () => Promise.reject(new Error('started')));
    expect(readFileSync(output, 'utf8')).toBe('');
  });
});

describe('training data', () => {
  async function check(text: string, objective: Parameters<typeof checkTrainingRows>[1]): Promise<number> {
    using folder = temporaryFolder();
    return await checkTrainingRows(folder.write('d.jsonl', text), objective);
  }

  it('counts rows of the format that the objective needs', async () => {
    expect(
      await check('{"prompt":"a","completion":"b"}\n{"prompt":"c","completion":"d"}', 'supervised'),
    ).toBe(2);
    expect(await check('{"prompt":"a","chosen":"b","rejected":"c"}', 'dpo')).toBe(1);
    expect(await check('{"chosen":"b","rejected":"c"}', 'orpo')).toBe(1);
    expect(await check('{"messages":[{"role":"user","content":"a"}]}', 'supervised')).toBe(1);
    expect(
      await check('{"prompt":"a","completions":["b"],"labels":[true],"soft_labels":[0.5]}', 'process-reward'),
    ).toBe(1);
  });

  it.each([
    ['{"prompt":"a","completion":"b"}', 'orpo', 'd.jsonl:1: chosen: is required; rejected: is required'],
    ['{"prompt":"a","completions":["b"],"labels":[]}', 'process-reward', 'd.jsonl:1: labels: too small'],
    [
      '{"prompt":"a","completions":["b","c"],"labels":[true]}',
      'outcome-reward',
      'd.jsonl:1: labels: must be as many as completions',
    ],
    ['\n', 'supervised', 'd.jsonl has no rows to train on'],
    ['[]', 'supervised', 'd.jsonl has no rows to train on'],
    ['[{"prompt":"a","completion":"b"},7,8]', 'supervised', 'd.jsonl[1]: row: invalid input'],
    ['[{"prompt":"a","completion":"b"},7,8]', 'supervised', '(2 of 3 rows wrong)'],
    [
      '{"prompt":"a"}\n{\n{"prompt":"a","completion":"b"}',
      'supervised',
      'd.jsonl:1: completion: is required',
    ],
    ['{"prompt":"a"}\n{\n{"prompt":"a","completion":"b"}', 'supervised', '(2 of 3 rows wrong)'],
    ['[{]', 'supervised', 'd.jsonl: is not a JSON array'],
  ] as const)('says what is wrong with %s for %s: %s', async (text, objective, message) => {
    await expect(check(text, objective)).rejects.toThrow(message);
  });

  it('takes what `sipf verifier convert` writes', async () => {
    const row = { question: 'q', steps: ['a', 'b', 'c'], labels: [true, false, undefined] };
    expect(await check(JSON.stringify(datasetWriters.stepwise(row)), 'process-reward')).toBe(1);
    const labels = [1, 0.25, null];
    expect(
      await check(JSON.stringify({ prompt: 'q', completions: ['a', 'b', 'c'], labels }), 'process-reward'),
    ).toBe(1);
  });

  it('goes into the store as JSON lines, whatever it was', async () => {
    using folder = temporaryFolder();
    const store = new FolderArtifactStore(join(folder.path, 'store'));
    const rows = [
      { completion: 'b', prompt: 'a' },
      { completion: 'd', prompt: 'c' },
    ];
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const packed = join(folder.path, 'd.jsonl.gz');
    writeFileSync(packed, gzipSync(lines));
    const files = [
      folder.write('d.jsonl', lines),
      folder.write('d.json', JSON.stringify(rows, null, 2)),
      packed,
    ];
    const digests = await Promise.all(files.map(async (file) => (await putTrainingRows(store, file)).digest));
    expect(new Set(digests).size).toBe(1);
  });
});
