import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readResults, writeResults } from './results-file.ts';
import type { Results } from './results.ts';

const ROW = {
  ...{ method: 'SIPF 1', iteration: 1, correct: 3, total: 4, accuracy: 0.75, low: 0.3, high: 0.95 },
  model: 'sha256:1',
};
const RESULTS: Results = {
  seed: 7,
  rows: [{ ...ROW, dataset: 'harder', sampled: { 'pass@2': 0.5 }, outcomes: 'sha256:2' }],
  iterations: [
    {
      iteration: 0,
      trainingExamples: 8,
      counts: { 'sample.drawn': 4 },
      figures: { 'score.stepAccuracy': NaN },
    },
  ],
};
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-results-'));
  path = join(folder, 'results.json');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('reads back what was written, a number that is none too', async () => {
  await writeResults(path, { runId: 'x' }, RESULTS);
  expect(await readResults(path)).toEqual(RESULTS);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ runId: 'x', seed: 7 });
});

it('reads rows from before there were other data sets, and without their answers', async () => {
  writeFileSync(path, JSON.stringify({ seed: 7, rows: [ROW], iterations: [] }));
  expect((await readResults(path))?.rows).toEqual([{ ...ROW, dataset: 'test', outcomes: '' }]);
});

it.each(['{"rows": [', '{"seed": 7}', '{"seed": 7, "rows": [{"method": "SFT"}], "iterations": []}'])(
  'refuses %s, and names the file',
  async (text) => {
    writeFileSync(path, text);
    await expect(readResults(path)).rejects.toMatchObject({ kind: 'data-loss', reason: 'RESULTS_INVALID' });
    await expect(readResults(path)).rejects.toThrow(`${path} does not hold the results of a run`);
  },
);

it('takes no digit that is another one for the result', async () => {
  await writeResults(path, { runId: 'x' }, RESULTS);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"correct": 3', '"correct": 4'));
  await expect(readResults(path)).rejects.toMatchObject({ kind: 'data-loss', reason: 'RESULTS_INVALID' });
});

it('knows none of a run that has not come to its report', async () => {
  expect(await readResults(path)).toBeUndefined();
});
