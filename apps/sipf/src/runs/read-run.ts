import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isAlive } from './process-identity.ts';
import { runPlaces } from './run-places.ts';

/** How a run stands; `interrupted` is unfinished and driven by nobody. */
export type RunStanding = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** One stage of a run, from the log. */
export interface StageRecord {
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Undefined while it is under way or where it was broken off. */
  readonly completedAt?: string;
  /** Digests of what it made, by name. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
}

/** What a run's folder tells. */
export interface RunRecord {
  readonly id: string;
  readonly standing: RunStanding;
  readonly config: RunConfig | undefined;
  /** Of the code that started it. */
  readonly commit: string;
  readonly startedAt: string;
  readonly lastAt: string;
  readonly failure: string;
  readonly stages: readonly StageRecord[];
  /** Length of the log. */
  readonly entries: number;
}

const numbers = z.record(z.string(), z.number()).default({});
const entry = z.object({
  at: z.string(),
  kind: z.string(),
  stage: z.string().optional(),
  failure: z.string().optional(),
  config: z.unknown().optional(),
  commit: z.string().optional(),
  result: z
    .object({
      outputs: z.record(z.string(), z.string()).default({}),
      counts: numbers,
      figures: numbers,
    })
    .optional(),
});
type Entry = z.infer<typeof entry>;

/** @throws SipfError `not-found` RUN_NOT_FOUND */
export async function readRun(runs: string, id: string): Promise<RunRecord> {
  const places = runPlaces(runs, id);
  const entries = await readEntries(places.log);
  const [first] = entries;
  if (first === undefined) {
    throw new SipfError('not-found', `there is no run ${id} in ${runs}`, { reason: 'RUN_NOT_FOUND' });
  }
  return {
    id,
    standing: standingOf(entries, await isDriven(places.lock)),
    config: configOf(first),
    commit: first.commit ?? '',
    startedAt: first.at,
    lastAt: entries.at(-1)?.at ?? first.at,
    failure: entries.findLast(({ kind }) => kind.startsWith('run-'))?.failure ?? '',
    stages: stagesOf(entries),
    entries: entries.length,
  };
}

/** Every run of a folder, by id; none where the folder is missing. */
export async function readRuns(runs: string): Promise<RunRecord[]> {
  const names = await readdir(runs).catch(() => []);
  const ids = names.filter((name) => existsSync(runPlaces(runs, name).log)).sort();
  const records = await Promise.allSettled(ids.map((id) => readRun(runs, id)));
  return records.flatMap((record) => (record.status === 'fulfilled' ? [record.value] : []));
}

/** Whether a living process holds the run's lock. */
export async function isDriven(lock: string): Promise<boolean> {
  const holder = z.object({ pid: z.int(), startTicks: z.string().optional() });
  try {
    return isAlive(holder.parse(JSON.parse(await readFile(lock, 'utf8'))));
  } catch {
    return false;
  }
}

/** The whole lines; the last one may be torn while its writer is at work. */
async function readEntries(log: string): Promise<Entry[]> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      const parsed = entry.safeParse(parseJson(line));
      return parsed.success ? [parsed.data] : [];
    });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function standingOf(entries: readonly Entry[], driven: boolean): RunStanding {
  const last = entries.findLast(({ kind }) => kind.startsWith('run-'))?.kind;
  if (last === 'run-succeeded') return 'succeeded';
  if (driven) return 'running';
  if (last === 'run-failed') return 'failed';
  return last === 'run-cancelled' ? 'cancelled' : 'interrupted';
}

function configOf({ config }: Entry): RunConfig | undefined {
  try {
    return parseRunConfig(config);
  } catch {
    return undefined;
  }
}

const NOTHING = { outputs: {}, counts: {}, figures: {} };

function stagesOf(entries: readonly Entry[]): StageRecord[] {
  const stages = new Map<string, StageRecord>();
  for (const { kind, stage, at, result } of entries) {
    if (stage === undefined) continue;
    if (kind === 'stage-started') stages.set(stage, { id: stage, startedAt: at, ...NOTHING });
    const started = stages.get(stage);
    if (kind === 'stage-completed' && started !== undefined) {
      stages.set(stage, { ...started, completedAt: at, ...result });
    }
  }
  return [...stages.values()];
}
