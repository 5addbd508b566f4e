import { writeDurably } from '@sipf/artifacts';
import { training } from '@sipf/contracts';
import { readdir, readFile, rm, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a job's files lie. */
export interface JobPaths {
  readonly folder: string;
  /** The job itself, as proto JSON. */
  readonly job: string;
  /** Metrics of every step of a job that has ended, one JSON a line. */
  readonly metrics: string;
  readonly checkpoint: string;
  /** What a trainer outside this process reads and keeps, its checkpoints too. */
  readonly trainer: string;
  /** The trained folder until it is in the artifact store. */
  readonly output: string;
}

/** @param id was checked at the boundary: it is a file name */
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
  await writeDurably(path, `${JSON.stringify(training.Job.toJSON(job), null, 2)}\n`);
}

export async function saveMetrics(
  root: string,
  id: string,
  steps: readonly training.StepMetrics[],
): Promise<void> {
  const lines = steps.map((step) => `${JSON.stringify(step)}\n`).join('');
  await writeDurably(jobPaths(root, id).metrics, lines);
}

export async function loadMetrics(root: string, id: string): Promise<training.StepMetrics[]> {
  try {
    const text = await readFile(jobPaths(root, id).metrics, 'utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => training.StepMetrics.fromJSON(JSON.parse(line)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Every job that was ever started here. */
export async function loadJobs(root: string): Promise<training.Job[]> {
  await mkdir(join(root, 'jobs'), { recursive: true });
  const ids = (await readdir(join(root, 'jobs'))).sort();
  const jobs = await Promise.all(ids.map((id) => loadJob(root, id)));
  return jobs.filter((job) => job !== undefined);
}

/** Undefined where a crash came before the job was written: it was never acknowledged. */
async function loadJob(root: string, id: string): Promise<training.Job | undefined> {
  try {
    return training.Job.fromJSON(JSON.parse(await readFile(jobPaths(root, id).job, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a process that was killed left half-written: its output, and files and folders that never got their names. */
export async function removeLeftovers({ folder, output }: JobPaths): Promise<void> {
  await rm(output, { recursive: true, force: true });
  const names = await readdir(folder).catch(() => []);
  const drafts = names.filter((name) => name.endsWith('.tmp'));
  for (const name of drafts) await rm(join(folder, name), { recursive: true, force: true });
}

/** A job that has ended needs neither its checkpoint nor its output, which is in the store. */
export async function removeWorkFiles(root: string, id: string): Promise<void> {
  const { checkpoint, trainer, output } = jobPaths(root, id);
  for (const path of [checkpoint, trainer, output]) await rm(path, { recursive: true, force: true });
}
