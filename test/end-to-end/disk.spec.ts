import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { copyRun } from '../support/copy-run.ts';
import { finishedTinyRun } from '../support/tiny-run.ts';
import { callCli, testFolder } from './cli-process.ts';

interface Entry {
  readonly kind: string;
  readonly stage?: string;
  readonly result?: { readonly outputs: Readonly<Record<string, string>> };
}

function entriesOf(run: string): Entry[] {
  const lines = readFileSync(join(run, 'log.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Entry);
}

/** The last outputs of every stage. */
function outputsOf(run: string): Record<string, Readonly<Record<string, string>>> {
  const completed = entriesOf(run).filter(({ kind }) => kind === 'stage-completed');
  return Object.fromEntries(completed.map(({ stage = '', result }) => [stage, result?.outputs ?? {}]));
}

/** The lines of every training, in their order; trainings at the same time write between each other's. */
function linesByStage(curve: string): ReadonlyMap<string, readonly string[]> {
  expect(curve.endsWith('\n')).toBe(true);
  const lines = curve.slice(0, -1).split('\n');
  return Map.groupBy(lines, (line) => (JSON.parse(line) as { readonly stage: string }).stage);
}

/** What results.json says, without what the run is called. */
function tableOf(text: string): object {
  const { runId, crc32, ...table } = JSON.parse(text) as Record<string, unknown>;
  expect([typeof runId, typeof crc32]).toEqual(['string', 'string']);
  return table;
}

/** Turns a bit over in the middle of a file. */
function rot(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}

function blobOf(run: string, digest = ''): string {
  const hex = digest.replace('sha256:', '');
  return join(run, 'artifacts/blobs', hex.slice(0, 2), hex);
}

it('heals a run whose model rotted, whose answers are gone and whose curve is damaged, and lets it be moved and copied', async () => {
  const folder = testFolder();
  const runs = join(folder, 'runs');
  const run = join(runs, 'demo');
  const flags = ['--runs', runs, '--no-dashboard'];
  copyRun((await finishedTinyRun()).folder, run);
  const whole = outputsOf(run);
  const curve = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  expect(readlinkSync(join(run, 'models/sft-0'))).toMatch(/^\.\.\/artifacts\/folders\/[0-9a-f]{64}$/);

  rot(join(realpathSync(join(run, 'models/sft-0')), 'model.safetensors'));
  rmSync(blobOf(run, whole['evaluate-0']?.['outcomes']));
  // Nothing is left of it to be read: the jobs have it, under the name that the run had when it began.
  writeFileSync(join(run, 'metrics.jsonl'), '\0\0\0\n');
  const results = readFileSync(join(run, 'results.json'), 'utf8');
  writeFileSync(join(run, 'results.json'), results.replace(/"total": \d+/, '"total": 7'));
  const found = await callCli(folder, ['verify', 'demo', '--runs', runs]);
  expect(found.status).toBe(1);
  expect(found.stdout).toMatch(/sft-0: model.*is damaged/);
  expect(found.stdout).toMatch(
    /evaluate-0: outcomes.*is not in the store; resuming the run computes it again/,
  );
  expect(found.stdout).toMatch(
    /^results\.json.*is damaged: its checksum is another; resuming the run writes/m,
  );
  expect(found.stdout).toMatch(/^folders\/[0-9a-f]{64}.*another hash/m);
  expect(found.stdout).toMatch(/^models\/sft-0.*leads to a folder that is sha256:/m);

  const healed = await callCli(folder, ['resume', 'demo', ...flags]);
  expect(healed).toMatchObject({ status: 0 });
  expect(healed.stderr).toMatch(/sft is computed again, because what it left is lost/);
  expect(outputsOf(run)).toEqual(whole);
  const lost = entriesOf(run).filter(({ kind }) => kind === 'stage-lost');
  expect(lost.map(({ stage }) => stage).sort()).toEqual(['evaluate-0', 'report', 'sft-0']);
  expect(linesByStage(readFileSync(join(run, 'metrics.jsonl'), 'utf8'))).toEqual(linesByStage(curve));
  expect(tableOf(readFileSync(join(run, 'results.json'), 'utf8'))).toEqual(tableOf(results));
  const again = await callCli(folder, ['resume', 'demo', '--runs', runs]);
  expect(again).toMatchObject({ status: 64, stderr: expect.stringContaining('is whole') as string });

  // A copy under another name, and the folder of all of them elsewhere.
  cpSync(run, join(runs, 'copy'), { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  const elsewhere = join(folder, 'deep/er/runs');
  renameSync(runs, elsewhere);
  const listed = await callCli(folder, ['status', '--runs', elsewhere]);
  expect(listed.stdout).toMatch(/^copy +succeeded .*\n^demo +succeeded /m);
  expect(await callCli(folder, ['verify', 'copy', '--runs', elsewhere])).toMatchObject({ status: 0 });
});
