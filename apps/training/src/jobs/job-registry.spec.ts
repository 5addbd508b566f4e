import { common, training } from '@sipf/contracts';
import { createLogger } from '@sipf/service';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { jobPaths } from './job-files.ts';
import { openJobRegistry, type JobEvent, type JobRegistry, type RunJob } from './job-registry.ts';

const { JobState } = training;
const spec = training.JobSpec.fromPartial({ seed: 1n });
const logger = createLogger({ service: 'training', level: 'silent' });
let folder: string;
let registry: JobRegistry | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-jobs-'));
});

afterEach(async () => {
  await registry?.close();
  rmSync(folder, { recursive: true });
});

async function open(run: RunJob): Promise<JobRegistry> {
  registry = await openJobRegistry({ folder, maxJobs: 1, maxQueue: 1, run, logger, now: () => 0 });
  return registry;
}

/** Runs a job that is started here to its end. */
async function endOf(jobs: JobRegistry, id: string): Promise<training.Job> {
  await jobs.start(id, spec);
  const events: string[] = [];
  const options = { fromStep: 0, signal: AbortSignal.timeout(10_000) };
  for await (const { $case } of jobs.watch(id, options)) events.push($case);
  expect(events).toContain('job');
  return jobs.get(id);
}

/** Finds no room at its first attempt, after a checkpoint; continues from that at the next. */
function runOnAFullDisk(): RunJob {
  let attempt = 0;
  return async function* (_, { checkpoint }): AsyncGenerator<JobEvent> {
    attempt += 1;
    if (attempt === 1) {
      writeFileSync(checkpoint, 'half of the work');
      yield { kind: 'started', totalSteps: 2, droppedRows: 0 };
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    }
    expect(existsSync(checkpoint)).toBe(true);
    yield { kind: 'finished', result: common.ModelRef.create({ digest: 'sha256:ab' }) };
    await Promise.resolve();
  };
}

it('fails a job that finds no room with a clear message, and keeps its checkpoint for the next attempt', async () => {
  const jobs = await open(runOnAFullDisk());
  const failed = await endOf(jobs, 'a');
  expect(failed).toMatchObject({
    state: JobState.FAILED,
    failureReason: common.ErrorReason.STORAGE_FULL,
    failure: expect.stringContaining('make room') as string,
  });
  expect((await endOf(jobs, 'a')).state).toBe(JobState.SUCCEEDED);
});

it('stays alive where not even the end of a job can be written', async () => {
  const jobs = await open(async function* ({ seed }, { folder: own }) {
    // From here on nothing can be written for this job: its folder is gone, and a file has its name.
    rmSync(own, { recursive: true });
    writeFileSync(own, String(seed));
    yield await Promise.resolve({ kind: 'restarted' as const });
  });
  expect(await endOf(jobs, 'a')).toMatchObject({ state: JobState.FAILED });
});

it('does not know a job that could not be written down', async () => {
  const jobs = await open(runOnAFullDisk());
  const { folder: own } = jobPaths(folder, 'a');
  mkdirSync(dirname(own), { recursive: true });
  writeFileSync(own, 'in its way');
  await expect(jobs.start('a', spec)).rejects.toThrow();
  expect(jobs.list()).toEqual([]);
  rmSync(own);
  expect((await endOf(jobs, 'a')).state).toBe(JobState.FAILED);
  expect((await endOf(jobs, 'a')).state).toBe(JobState.SUCCEEDED);
});

/** Ends at once, with as many steps as it has been begun. */
function quickRun(): { readonly run: RunJob; readonly begun: () => number } {
  let begun = 0;
  return {
    begun: () => begun,
    run: async function* () {
      begun += 1;
      yield await Promise.resolve({ kind: 'step' as const, metrics: { step: 1, values: { loss: 1 } } });
      yield { kind: 'finished' as const, result: common.ModelRef.create({ digest: 'sha256:ab' }) };
    },
  };
}

it('trains again what succeeded, when the artifact store has lost it', async () => {
  const { run, begun } = quickRun();
  let lost = false;
  const isWhole = (): Promise<boolean> => Promise.resolve(!lost);
  registry = await openJobRegistry({ folder, maxJobs: 1, maxQueue: 1, run, isWhole, logger, now: () => 0 });
  await endOf(registry, 'a');
  await endOf(registry, 'a');
  expect(begun()).toBe(1);
  lost = true;
  expect((await endOf(registry, 'a')).state).toBe(JobState.SUCCEEDED);
  expect(begun()).toBe(2);
});

it.each([
  ['torn', '{"id":"a","sta', 'JOB_DAMAGED'],
  ['zeros', '\0\0\0\0', 'JOB_DAMAGED'],
  ['without its specification', '{"id":"a","state":"JOB_STATE_SUCCEEDED"}', 'JOB_DAMAGED'],
  ['of a newer program', '{"format":2,"program":"sipf 9.0.0","id":"a"}', 'FORMAT_UNKNOWN'],
])(
  'starts beside a job whose file is %s, and names it to who asks for it, until it is deleted',
  async (_, text, reason) => {
    const { run } = quickRun();
    await endOf(await open(run), 'b');
    await registry?.close();
    const { folder: own, job } = jobPaths(folder, 'a');
    mkdirSync(own, { recursive: true });
    writeFileSync(job, text);
    const jobs = await open(run);
    expect(jobs.list().map(({ id }) => id)).toEqual(['b']);
    await expect(jobs.start('a', spec)).rejects.toMatchObject({ reason });
    await expect(jobs.start('a', spec)).rejects.toThrow(
      reason === 'JOB_DAMAGED' ? 'safe to delete the folder jobs/a' : 'sipf 9.0.0',
    );
    rmSync(own, { recursive: true });
    expect((await endOf(jobs, 'a')).state).toBe(JobState.SUCCEEDED);
  },
);

it('records the format of a job and the program that wrote it', async () => {
  await endOf(await open(quickRun().run), 'a');
  const written = JSON.parse(readFileSync(jobPaths(folder, 'a').job, 'utf8')) as Record<string, unknown>;
  expect(written).toMatchObject({ format: 1, program: expect.stringMatching(/^sipf \d/) as string, id: 'a' });
});

it('emits the steps before a damaged line of an ended job', async () => {
  await endOf(await open(quickRun().run), 'a');
  await registry?.close();
  const { metrics } = jobPaths(folder, 'a');
  const whole = readFileSync(metrics, 'utf8');
  // A digit that is another one, and zeros.
  writeFileSync(metrics, `${whole}${whole.replace('"step":1', '"step":2')}\0\0\n{"step":3,"values":{}}\n`);
  const jobs = await open(quickRun().run);
  const events: unknown[] = [];
  for await (const event of jobs.watch('a', { fromStep: 0, signal: AbortSignal.timeout(10_000) }))
    events.push(event.$case);
  expect(events).toEqual(['metrics', 'job']);
});

it('refuses the late orders of an orchestrator whose run another one has taken over, also after a restart', async () => {
  const jobs = await open(async function* (_, __, signal) {
    yield { kind: 'started', totalSteps: 9, droppedRows: 0 };
    while (!signal.aborted) await sleep(5);
  });
  await jobs.start('a', spec, 5);
  expect((await jobs.start('a', spec, 7)).epoch).toBe(7);
  const late = { kind: 'failed-precondition', reason: 'LEASE_LOST' };
  await expect(jobs.cancel('a', 5)).rejects.toMatchObject(late);
  await expect(jobs.start('a', spec, 6)).rejects.toMatchObject(late);
  expect(jobs.get('a')).toMatchObject({ state: JobState.RUNNING, epoch: 7 });
  await jobs.close();
  const again = await open(quickRun().run);
  await expect(again.cancel('a', 5)).rejects.toMatchObject(late);
  // Somebody who has no epoch is a person.
  expect((await again.start('a', spec)).id).toBe('a');
});
