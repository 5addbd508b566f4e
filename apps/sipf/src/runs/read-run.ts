import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { isAlive, runPlaces } from '@sipf/runs';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readEntries, type Entry } from './read-entries.ts';

/** How a run stands; `interrupted` is unfinished and driven by nobody, the log of a `damaged` one cannot be read to its end. */
export type RunStanding = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted' | 'damaged';

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
  /** Why it failed, or how its log is damaged. */
  readonly failure: string;
  /** How the code of each resumption differed from the code before, where it did. */
  readonly otherCode: readonly string[];
  readonly stages: readonly StageRecord[];
  /** Length of the log. */
  readonly entries: number;
}

/** @throws SipfError `not-found` RUN_NOT_FOUND */
export async function readRun(runs: string, id: string): Promise<RunRecord> {
  const places = runPlaces(runs, id);
  const { entries, damage } = await readEntries(places.log);
  const [first] = entries;
  if (first === undefined && damage !== undefined) return unreadable(id, damage);
  if (first === undefined) {
    throw new SipfError('not-found', `there is no run ${id} in ${runs}`, { reason: 'RUN_NOT_FOUND' });
  }
  return {
    id,
    standing: damage === undefined ? standingOf(entries, await isDriven(places.lock)) : 'damaged',
    config: configOf(first),
    commit: first.commit ?? '',
    startedAt: first.at,
    lastAt: entries.at(-1)?.at ?? first.at,
    failure: damage ?? entries.findLast(({ kind }) => kind.startsWith('run-'))?.failure ?? '',
    otherCode: entries.flatMap(({ otherCode }) => otherCode ?? []),
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

/** A run of which nothing but its folder is known. */
function unreadable(id: string, failure: string): RunRecord {
  const nothing = {
    config: undefined,
    commit: '',
    startedAt: '',
    lastAt: '',
    otherCode: [],
    stages: [],
    entries: 0,
  };
  return { id, standing: 'damaged', failure, ...nothing };
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
    if (kind === 'stage-lost' && started !== undefined)
      stages.set(stage, { id: stage, startedAt: started.startedAt, ...NOTHING });
    if (kind === 'stage-completed' && started !== undefined) {
      stages.set(stage, { ...started, completedAt: at, ...result });
    }
  }
  return [...stages.values()];
}
