import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMetricsFile } from '../folder/metrics-file.ts';
import { layoutIn } from '../folder/run-layout.ts';
import { openRunLog } from '../log/run-log.ts';
import { lossOf } from './lost-outputs.ts';

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

async function writeRun(outputs: Readonly<Record<string, string>>): Promise<void> {
  const log = await openRunLog(folder, () => 0);
  const config = parseRunConfig(SMALL_RUN);
  const result = { outputs, counts: {}, figures: {} };
  await log.append({ kind: 'run-started', runId: 'x', config, commit: 'c' });
  await log.append({ kind: 'stage-started', stage: 'sft-0' });
  await log.append({ kind: 'stage-completed', stage: 'sft-0', result, steps: 1 });
  await log.append({ kind: 'run-succeeded' });
  await log.close();
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
  expect(await lossOf(folder, store, never)).toBe(
    'metrics.jsonl: line 2 is damaged; resuming the run mends it',
  );
});
