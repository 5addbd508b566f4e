import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { ITERATION_STAGES, parseIterationSubject } from '@sipf/contracts';
import { decodeIterationEvent, type NatsServer } from '@sipf/events';
import { loadModelFolder } from '@sipf/models';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyRun } from '../support/copy-run.ts';
import { startNats } from '../support/nats.ts';
import { finishedTinyRun, TINY_RUN, type TinyRun } from '../support/tiny-run.ts';
import { killOrchestrator, outputsOf, readLog, startSipf, until } from './run-processes.ts';

const runs = mkdtempSync(join(tmpdir(), 'sipf-loop-'));
const whole = join(runs, 'whole');
let undisturbed: TinyRun;
let nats: NatsServer;

beforeAll(async () => {
  undisturbed = await finishedTinyRun();
  copyRun(undisturbed.folder, whole);
  nats = await startNats(join(runs, 'nats'));
}, 120_000);

afterAll(async () => {
  await nats.stop();
  rmSync(runs, { recursive: true, force: true });
});

it('runs the method to its end and leaves what people read', async () => {
  expect(undisturbed.output).toContain('SIPF 2');
  expect(undisturbed.output).toMatch(/dashboard: http:\/\/127\.0\.0\.1:\d+\//);
  const { rows, iterations } = JSON.parse(readFileSync(join(whole, 'results.json'), 'utf8')) as {
    rows: { method: string; total: number; low: number; high: number }[];
    iterations: { trainingExamples: number }[];
  };
  expect(rows.map(({ method }) => method)).toEqual(['SFT', 'SIPF 1', 'SIPF 2']);
  for (const { total, low, high } of rows) {
    expect(total).toBe(40);
    expect(0 <= low && low < high && high <= 1).toBe(true);
  }
  // D_k accumulates: tables 6-7 grow.
  const [supervised, first = 0, second = 0] = iterations.map(({ trainingExamples }) => trainingExamples);
  expect(supervised).toBe(160);
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(first);
  for (const name of readdirSync(join(whole, 'models'))) {
    (await loadModelFolder(join(whole, 'models', name))).close();
  }
});

it('keeps the metrics of every training step once', () => {
  const lines = readFileSync(join(whole, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const steps = lines.map((line) => JSON.parse(line) as { stage: string; step: number; loss: number });
  expect(new Set(steps.map(({ stage, step }) => `${stage}/${step}`)).size).toBe(steps.length);
  const trained = [...new Set(steps.map(({ stage }) => stage))].sort();
  expect(trained).toEqual(['align-1', 'align-2', 'sft-0', 'simulator', 'train-verifier-1']);
  expect(steps.every(({ loss }) => Number.isFinite(loss))).toBe(true);
});

it('is reported and exported from its folder', async () => {
  const report = await startSipf(['report', 'whole', '--runs', runs]).ended;
  expect(report.code, report.output).toBe(0);
  const page = readFileSync(join(whole, 'report', 'report.html'), 'utf8');
  for (const name of ['SIPF 2', 'First wrong steps by kind', 'figure', 'onnxruntime']) {
    expect(page).toContain(name);
  }
  const out = join(runs, 'exported');
  const exported = await startSipf(['export', 'whole', '--runs', runs, '--out', out]).ended;
  expect(exported.code, exported.output).toBe(0);
  const [row = ''] = readFileSync(join(out, 'datasets', 'pair-2.preferences.jsonl'), 'utf8').split('\n');
  expect(Object.keys(JSON.parse(row) as object).sort()).toEqual(['chosen', 'prompt', 'rejected']);
  expect(readdirSync(join(out, 'tensorboard')).sort()).toEqual(readdirSync(join(whole, 'models')).sort());
  for (const models of [join(out, 'models'), join(whole, 'models')]) {
    const folder = join(models, 'align-2');
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('library_name: transformers');
    (await loadModelFolder(folder)).close();
  }
  // The store's folders are what their digests say.
  const stored = readdirSync(join(whole, 'artifacts', 'folders'));
  for (const name of stored) {
    expect(readdirSync(join(whole, 'artifacts', 'folders', name))).not.toContain('README.md');
  }
});

it("is judged by a model of one's own", async () => {
  // A policy this weak is never right, and what both get wrong is not judged: here it is said to be right.
  const judged = join(runs, 'judged');
  const store = new FolderArtifactStore(join(judged, 'artifacts'));
  cpSync(join(whole, 'artifacts'), join(judged, 'artifacts'), { recursive: true });
  // As a program wrote it that knew no checksums.
  let log = readFileSync(join(whole, 'log.jsonl'), 'utf8').replaceAll(/,"crc32":"\w+"/g, '');
  for (const stage of ['evaluate-0', 'evaluate-2']) {
    const { outcomes = '' } = outputsOf(whole)[stage] ?? {};
    const ref = { digest: outcomes, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines };
    const text = new TextDecoder().decode(await store.readBytes(ref, { maxBytes: 1e7 }));
    const right = text.replaceAll('"correct":false', '"correct":true');
    const { digest } = await store.putBytes(Buffer.from(right), MEDIA_TYPES.jsonLines);
    log = log.replace(outcomes, digest);
  }
  writeFileSync(join(judged, 'log.jsonl'), log);
  const sides = ['compare', '--a', 'judged', '--b', 'judged:evaluate-0', '--limit', '2', '--runs', runs];
  const judge = ['--judge', join(whole, 'models', 'simulator'), '--max-new-tokens', '8'];
  const out = join(runs, 'compared');
  const { code, output } = await startSipf([...sides, ...judge, '--out', out]).ended;
  expect(code, output).toBe(0);
  const lines = readFileSync(join(out, 'judgements.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  // It knows nothing of judging, which is said and not hidden.
  expect(readFileSync(join(out, 'comparison.md'), 'utf8')).toContain('| overall | 0 | 0 | 0 | 0 | 2 |');
});

it('is verified, and what somebody changed in a copy is found', async () => {
  const copies = join(runs, 'copies');
  const copy = join(copies, 'whole');
  cpSync(whole, copy, { recursive: true });
  const verify = () => startSipf(['verify', 'whole', '--runs', copies]).ended;
  const clean = await verify();
  expect(clean.code, clean.output).toBe(0);
  expect(clean.output).toContain(', 0 faults');
  const { scores = '' } = outputsOf(copy)['score-1'] ?? {};
  const hex = scores.replace('sha256:', '');
  const blob = join(copy, 'artifacts/blobs', hex.slice(0, 2), hex);
  rmSync(blob);
  writeFileSync(blob, 'other scores');
  writeFileSync(join(copy, 'results.json'), '{}');
  const found = await verify();
  expect(found.code, found.output).toBe(1);
  expect(found.output).toContain(`${scores} (score-1: scores): artifact ${scores} is damaged`);
  expect(found.output).toContain('; resuming the run computes it again');
  expect(found.output).toContain('results.json (as the log has it): differs from what the log folds to');
  expect(found.output).toMatch(/, 2 faults$/m);
});

it('loses no artifact that it names to garbage collection', async () => {
  const copies = join(runs, 'swept');
  cpSync(whole, join(copies, 'whole'), { recursive: true });
  const location = join(copies, 'whole/artifacts');
  const store = new FolderArtifactStore(location);
  const lost = await store.putBytes(new TextEncoder().encode('of no run'), MEDIA_TYPES.bytes);
  const gc = (...flags: string[]) =>
    startSipf(['gc', '--runs', copies, '--artifacts', location, ...flags]).ended;
  const young = await gc();
  expect(young.output).toMatch(/removed 0 blobs .* and [1-9]\d* young ones/);
  const swept = await gc('--older-than-hours', '0');
  expect(swept.code, swept.output).toBe(0);
  expect(await store.has(lost)).toBe(false);
  const { code, output } = await startSipf(['verify', 'whole', '--runs', copies]).ended;
  expect(code, output).toBe(0);
});

it('publishes every boundary of every iteration in order, with the run log behind it', () => {
  const received = undisturbed.events;
  const stagesOf = (iteration: number) =>
    received
      .map(({ subject }) => parseIterationSubject(subject))
      .filter((parts) => parts?.iteration === iteration)
      .map((parts) => parts?.stage);
  expect(stagesOf(0)).toEqual(['started', 'aligned', 'evaluated', 'completed']);
  expect(stagesOf(1)).toEqual(ITERATION_STAGES);
  expect(stagesOf(2)).toEqual(
    ITERATION_STAGES.filter((stage) => stage !== 'labelled' && stage !== 'verifier-trained'),
  );
  const aligned = received.map(decodeIterationEvent).find((event) => event.stage?.$case === 'aligned');
  const policy = aligned?.stage?.$case === 'aligned' ? aligned.stage.value.policy?.digest : undefined;
  expect(policy).toBe(outputsOf(whole)['sft-0']?.['model']);
});

/** Whether a stage is at work and, where it has a journal, has finished some of its items. */
function isAtWork(run: string, stage: string): boolean {
  const entries = readLog(join(runs, run)).filter((entry) => entry.stage === stage);
  if (entries.at(-1)?.kind !== 'stage-started') return false;
  const journal = join(runs, run, 'stages', `${stage}.jsonl`);
  return !stage.startsWith('sample') || (existsSync(journal) && readFileSync(journal, 'utf8') !== '');
}

it('ends with the same artifacts when the orchestrator is killed in three of its stages', async () => {
  const killed = join(runs, 'killed');
  let command = ['run', '--config', TINY_RUN, '--run-id', 'killed', '--runs', runs, '--no-dashboard'];
  for (const stage of ['sample-1', 'train-verifier-1', 'align-2']) {
    const { child, ended } = startSipf(command, { NATS_URL: nats.url });
    await until(() => isAtWork('killed', stage), { timeoutMs: 90_000, what: stage });
    // With the command line, which would start another orchestrator.
    killOrchestrator(killed);
    child.kill('SIGKILL');
    await ended;
    expect(Object.keys(outputsOf(killed))).not.toContain(stage);
    command = ['resume', 'killed', '--runs', runs, '--no-dashboard'];
  }
  const { code, output } = await startSipf(command, { NATS_URL: nats.url }).ended;
  expect(code, output).toBe(0);

  expect(outputsOf(killed)).toEqual(outputsOf(whole));
  const stepsIn = (folder: string) => readFileSync(join(folder, 'metrics.jsonl'), 'utf8').split('\n').sort();
  expect(stepsIn(killed)).toEqual(stepsIn(whole));
  const results = (folder: string) => {
    const text = readFileSync(join(folder, 'results.json'), 'utf8');
    const { runId, crc32, ...rest } = JSON.parse(text) as { runId: string; crc32: string };
    expect(folder).toContain(runId);
    expect(crc32).toMatch(/^[0-9a-f]{8}$/);
    return rest;
  };
  expect(results(killed)).toEqual(results(whole));
});
