import { FolderArtifactStore, MEDIA_TYPES, summedJson } from '@sipf/artifacts';
import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMetricsFile } from '../folder/metrics-file.ts';
import { layoutIn } from '../folder/run-layout.ts';
import { openRunLog } from '../log/run-log.ts';
import { lossOf, verifyRun } from './verify-run.ts';

const GONE = `sha256:${'1'.repeat(64)}`;
const never = new AbortController().signal;
let folder: string;
let store: FolderArtifactStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-lost-'));
  store = new FolderArtifactStore(join(folder, 'artifacts'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A model's folder, as far as digests of models go. */
function writeModel(): string {
  const model = join(folder, 'made');
  mkdirSync(model);
  writeFileSync(join(model, 'config.json'), '{}');
  return model;
}

/** @param results digest of what its report left, where it came to that */
async function writeRun(outputs: Readonly<Record<string, string>>, results?: string): Promise<void> {
  const log = await openRunLog(folder, () => 0);
  const config = parseRunConfig(SMALL_RUN);
  const result = { outputs, counts: {}, figures: {} };
  await log.append({ kind: 'run-started', runId: 'x', config, commit: 'c' });
  await log.append({ kind: 'stage-started', stage: 'sft-0' });
  await log.append({ kind: 'stage-completed', stage: 'sft-0', result, steps: 1 });
  if (results !== undefined) {
    await log.append({ kind: 'stage-started', stage: 'report' });
    const report = { outputs: { results }, counts: { rows: 0 }, figures: {} };
    await log.append({ kind: 'stage-completed', stage: 'report', result: report });
  }
  await log.append({ kind: 'run-succeeded' });
  await log.close();
  const layout = layoutIn(folder);
  writeFileSync(layout.config, JSON.stringify(config));
  for (const made of [layout.models, layout.stages]) mkdirSync(made);
  if (results !== undefined) {
    writeFileSync(layout.resultsJson, summedJson({ runId: 'x', seed: 7 }));
    writeFileSync(layout.results, '# x');
  }
  (await openMetricsFile(layoutIn(folder).metrics)).record('sft-0', 1, { loss: 1 });
}

it('finds nothing lost of a run that is whole', async () => {
  const { digest } = await store.putBytes(Buffer.from('{}\n'), MEDIA_TYPES.jsonLines);
  await writeRun({ dataset: digest });
  expect(await lossOf(folder, store, never)).toBeUndefined();
});

it('names the stage and the output that is gone, and of an adapted model both digests count', async () => {
  const { digest } = await store.putBytes(Buffer.from('{}\n'), MEDIA_TYPES.jsonLines);
  await writeRun({ model: `${digest}+${GONE}` });
  expect(await lossOf(folder, store, never)).toMatch(/^sft-0: model: .*1{64}/);
});

it('finds damage in the curves', async () => {
  await writeRun({});
  appendFileSync(layoutIn(folder).metrics, 'x\n');
  expect(await lossOf(folder, store, never)).toBe('metrics.jsonl: line 2 is damaged');
});

/** Every fault, with what resuming does about it. */
async function faultsOf(): Promise<Record<string, string>> {
  const faults: Record<string, string> = {};
  for await (const { subject, fault, remedy } of verifyRun(folder, store, never))
    if (fault !== undefined) faults[subject] = remedy === undefined ? fault : `${fault}; ${remedy}`;
  return faults;
}

const WRITES = 'resuming the run writes it again';

it('says of every kind of file what mends it, and that resuming does so only where it does', async () => {
  const model = await store.putFolder(writeModel());
  const copy = await store.folder(model);
  const { digest: results } = await store.putBytes(Buffer.from('{"seed":7}\n'), MEDIA_TYPES.json);
  await writeRun({ model: model.digest }, results);
  const layout = layoutIn(folder);
  symlinkSync(copy, join(layout.models, 'sft-0'));
  expect(await faultsOf()).toEqual({});

  writeFileSync(layout.config, '{}');
  writeFileSync(layout.resultsJson, summedJson({ runId: 'x', seed: 7 }).replace('7', '8'));
  rmSync(layout.results);
  writeFileSync(layout.environment, '{"cores":');
  writeFileSync(join(layout.stages, 'sample-1.jsonl'), 'x\n');
  writeFileSync(join(copy, 'config.json'), '{"rotten":true}');
  expect(await faultsOf()).toEqual({
    'config.json': `differs from what the log folds to; ${WRITES}`,
    'results.json': `is damaged: its checksum is another; ${WRITES}`,
    'results.md': `is missing; ${WRITES}`,
    'environment.json': expect.stringMatching(/^is damaged: it is safe to delete it/) as string,
    'stages/sample-1.jsonl': expect.stringMatching(/is damaged.*it is safe to delete this file/) as string,
    [`folders/${model.digest.slice(7)}`]: expect.stringMatching(
      /; resuming the run makes it anew$/,
    ) as string,
    'models/sft-0': expect.stringMatching(/^leads to a folder .*; resuming the run makes it anew$/) as string,
    // A copy is a name of the stored file, where the file system has such.
    [model.digest]: expect.stringMatching(/; resuming the run computes it again$/) as string,
  });
});

it('says of a damaged log what to do, and nothing of resuming', async () => {
  await writeRun({});
  appendFileSync(layoutIn(folder).log, 'x\n');
  expect((await faultsOf())['log.jsonl']).toMatch(/:5 is damaged \(not JSON\): restore the file/);
  expect(await lossOf(folder, store, never)).toBeUndefined();
});

it('names files that cannot be read, and goes on', async () => {
  await writeRun({});
  const layout = layoutIn(folder);
  for (const path of [layout.metrics, layout.config]) rmSync(path);
  mkdirSync(join(layout.stages, 'sample-1.jsonl'));
  symlinkSync('metrics.jsonl', layout.metrics);
  symlinkSync('config.json', layout.config);
  expect(await faultsOf()).toMatchObject({
    'config.json': expect.stringMatching(/^cannot be read \(ELOOP\): look at its rights/) as string,
    'metrics.jsonl': expect.stringMatching(/^cannot be read \(ELOOP\)/) as string,
    'stages/sample-1.jsonl': expect.stringMatching(/is a folder, not a file/) as string,
  });
});
