import {
  assertKnownFormat,
  createSumReader,
  readSummedJson,
  summedJson,
  summedLine,
  writeDurably,
} from '@sipf/artifacts';
import { training } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { programVersion } from '@sipf/service';
import { readdir, readFile, rm, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The paths of a job's files. */
export interface JobPaths {
  readonly folder: string;
  /** The job itself, as proto JSON with its checksum (`summedJson`). */
  readonly job: string;
  /** Metrics of every step of an ended job, one JSON object per line, with its checksum (`summedLine`). */
  readonly metrics: string;
  readonly checkpoint: string;
  /** Files of a trainer outside this process: its inputs, state and checkpoints. */
  readonly trainer: string;
  /** The trained folder until it is in the artifact store. */
  readonly output: string;
}

/** @param id a safe file name: the boundary has checked it */
export function jobPaths(root: string, id: string): JobPaths {
  const folder = join(root, 'jobs', id);
  return {
    folder,
    job: join(folder, 'job.json'),
    metrics: join(folder, 'metrics.jsonl'),
    checkpoint: join(folder, 'checkpoint.safetensors'),
    trainer: join(folder, 'trainer'),
    output: join(folder, 'output'),
  };
}

/** Durable before it resolves; readers see the whole old job or the whole new one. */
export async function saveJob(root: string, job: training.Job): Promise<void> {
  const { folder, job: path } = jobPaths(root, job.id);
  await mkdir(folder, { recursive: true });
  const written = { format: JOB_FORMAT, program: PROGRAM, ...(training.Job.toJSON(job) as object) };
  await writeDurably(path, summedJson(written));
}

export async function saveMetrics(
  root: string,
  id: string,
  steps: readonly training.StepMetrics[],
): Promise<void> {
  const lines = steps.map((step) => `${summedLine(JSON.stringify(step))}\n`).join('');
  await writeDurably(jobPaths(root, id).metrics, lines);
}

/** Metrics of an ended job, up to a damaged line. */
export async function loadMetrics(root: string, id: string): Promise<training.StepMetrics[]> {
  const text = await readText(jobPaths(root, id).metrics);
  const steps: training.StepMetrics[] = [];
  const sums = createSumReader(() => false);
  for (const line of (text ?? '').split('\n').slice(0, -1)) {
    const value = sums.faultOf(line) === undefined ? parseJson(line) : undefined;
    if (typeof value !== 'object' || value === null) break;
    steps.push(training.StepMetrics.fromJSON(value));
  }
  return steps;
}

/** The jobs in a folder. */
export interface LoadedJobs {
  readonly jobs: readonly training.Job[];
  /** The errors of unreadable jobs, by id: JOB_DAMAGED, FORMAT_UNKNOWN. */
  readonly unreadable: ReadonlyMap<string, SipfError>;
}

/** Every job ever started here. */
export async function loadJobs(root: string): Promise<LoadedJobs> {
  await mkdir(join(root, 'jobs'), { recursive: true });
  const unreadable = new Map<string, SipfError>();
  const jobs: training.Job[] = [];
  for (const id of (await readdir(join(root, 'jobs'))).sort()) {
    try {
      const job = await loadJob(root, id);
      if (job !== undefined) jobs.push(job);
    } catch (error) {
      if (!(error instanceof SipfError)) throw error;
      unreadable.set(id, error);
    }
  }
  return { jobs, unreadable };
}

/**
 * A job, undefined where a crash came before it was written: it was never acknowledged.
 * @throws SipfError data-loss JOB_DAMAGED; failed-precondition FORMAT_UNKNOWN
 */
export async function loadJob(root: string, id: string): Promise<training.Job | undefined> {
  const text = await readText(jobPaths(root, id).job);
  if (text === undefined) return undefined;
  const read = readSummedJson(text);
  if ('why' in read) throw damagedJob(id, read.why);
  const written = heading.safeParse(read.value);
  if (!written.success) throw damagedJob(id, 'it is no job');
  assertKnownFormat(`jobs/${id}/job.json`, written.data, JOB_FORMAT);
  const job = training.Job.fromJSON(written.data);
  // This program writes every field, and only known states: anything else is damage.
  if (job.id !== id || job.spec === undefined || !STATES.has(job.state))
    throw damagedJob(id, 'it is no job of that name');
  return job;
}

/** Increases with every change that an older program would misread. */
const JOB_FORMAT = 1;
const PROGRAM = `sipf ${programVersion(new URL('..', import.meta.url).href)}`;
const { QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED } = training.JobState;
const STATES: ReadonlySet<training.JobState> = new Set([QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED]);
const heading = z.looseObject({ format: z.int().min(1).optional(), program: z.string().optional() });

function damagedJob(id: string, why: string): SipfError {
  const message =
    `jobs/${id}/job.json is damaged (${why}): it is safe to delete the folder ` +
    `jobs/${id}; a job of that name then starts again, with the same result`;
  return new SipfError('data-loss', message, { reason: 'JOB_DAMAGED', metadata: { job: id } });
}

/** Undefined for a file that is missing; empty, which is damage, for what is not a file: a pipe would be waited for. */
async function readText(path: string): Promise<string | undefined> {
  const info = await stat(path).catch(unlessMissing);
  if (info === undefined || info.isFile()) return info && (await readFile(path, 'utf8'));
  return '';
}

function unlessMissing(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Removes what a killed process left half-written: its output, and files and folders under their temporary names. */
export async function removeLeftovers({ folder, output }: JobPaths): Promise<void> {
  await rm(output, { recursive: true, force: true });
  const names = await readdir(folder).catch(() => []);
  const drafts = names.filter((name) => name.endsWith('.tmp'));
  for (const name of drafts) await rm(join(folder, name), { recursive: true, force: true });
}

/** An ended job needs neither its checkpoint nor its output, which is in the store. */
export async function removeWorkFiles(root: string, id: string): Promise<void> {
  const { checkpoint, trainer, output } = jobPaths(root, id);
  for (const path of [checkpoint, trainer, output]) await rm(path, { recursive: true, force: true });
}
