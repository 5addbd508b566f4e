import { summedJson } from '@sipf/artifacts';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { experimentRuns, readExperiment, storeOf, writeExperiment } from './experiment-file.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-experiment-'));
  mkdirSync(join(folder, 'e'));
  path = join(folder, 'e', 'experiment.json');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const run = (id: string) => ({ run: id, method: 'sipf', seed: 7, vary: { 'alignment.lambda': 0.1 } });
const file = { id: 'e', config: { seed: 7 }, runs: [run('e-sipf-s7-v1'), run('e-sipf-s7-v2')] };

it('reads what was written, and which runs it names', async () => {
  await writeExperiment(path, file);
  expect(await readExperiment(path)).toEqual(file);
  expect(await experimentRuns(path)).toEqual(['e-sipf-s7-v1', 'e-sipf-s7-v2']);
});

it('finds no experiment in a folder without the file, or where a file is in its way', async () => {
  expect(await readExperiment(path)).toBeUndefined();
  writeFileSync(join(folder, 'notes'), '');
  expect(await readExperiment(join(folder, 'notes', 'experiment.json'))).toBeUndefined();
});

it.each([
  '{"id": "e"',
  '{"id": "e"}',
  JSON.stringify({ ...file, runs: [] }),
  JSON.stringify({ ...file, runs: [run('../e')] }),
  JSON.stringify({ ...file, runs: [{ run: 'e-sipf-s7-v1' }] }),
  summedJson(file).replace('"seed": 7', '"seed": 5'),
])('names the file that is damaged, and what to do: %s', async (text) => {
  writeFileSync(path, text);
  const error = {
    kind: 'data-loss',
    reason: 'EXPERIMENT_INVALID',
    message: `${path} is damaged: restore it from a copy, or start the experiment under another --id`,
  };
  await expect(readExperiment(path)).rejects.toMatchObject(error);
  await expect(experimentRuns(path)).rejects.toMatchObject(error);
});

it("finds a run's artifacts in its own folder, or in that of the experiment which names it", async () => {
  await writeExperiment(path, file);
  expect(await storeOf(folder, 'e-sipf-s7-v1')).toBeUndefined();
  const shared = join(folder, 'e', 'artifacts');
  mkdirSync(shared);
  expect(await storeOf(folder, 'e-sipf-s7-v1')).toBe(shared);
  expect(await storeOf(folder, 'another')).toBeUndefined();
  const own = join(folder, 'e-sipf-s7-v1', 'artifacts');
  mkdirSync(own, { recursive: true });
  expect(await storeOf(folder, 'e-sipf-s7-v1')).toBe(own);
});
