import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { common, training } from '@sipf/contracts';
import { createLogger } from '@sipf/service';
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
  const told: string[] = [];
  const options = { fromStep: 0, signal: AbortSignal.timeout(10_000) };
  for await (const { $case } of jobs.watch(id, options)) told.push($case);
  expect(told).toContain('job');
  return jobs.get(id);
}

/** Finds no room at its first attempt, after a checkpoint; goes on from that at the next. */
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

it('fails a job that finds no room in words, and keeps its checkpoint for the next attempt', async () => {
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
