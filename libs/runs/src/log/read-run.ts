import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { runId } from '../folder/experiment-file.ts';
import { whyUnreadable } from '../folder/require-file.ts';
import { layoutIn, runLayout, type RunLayout } from '../folder/run-layout.ts';
import { holderOf } from '../lease/file-lease.ts';
import type { EngineFacts } from '../plan/engine-facts.ts';
import type { StageResult } from '../plan/stage-results.ts';
import type { RunEntry } from './entries.ts';
import { hasBegun } from './lost-log.ts';
import { readRunLog } from './run-log.ts';
import { foldRun, type RunPhase, type RunState, type StageTimes } from './run-state.ts';

/** A run's folder as it is. */
export interface RunFolder {
  /** As far as the log can be read. */
  readonly entries: readonly RunEntry[];
  /** What they fold to; undefined where there are none. */
  readonly state: RunState | undefined;
  /** Why there is no more of the log: LOG_CORRUPT, FORMAT_UNKNOWN; undefined for a whole one. */
  readonly damage: SipfError | undefined;
  /** Whether some process drives the run. */
  readonly driven: boolean;
}

/**
 * Reads a run's folder; nothing is thrown for what is wrong with the log.
 * @param isDriven whether somebody drives the run. @default by the lease in its folder, whose holder is listened to
 */
export async function readRunFolder(
  folder: string,
  isDriven = () => isHeld(layoutIn(folder).lease),
): Promise<RunFolder> {
  // Asked first: what a holder wrote before it left is then read.
  const driven = await isDriven();
  const { entries, damage } = await readRunLog(folder);
  return { entries, state: foldRun(entries), damage, driven };
}

/** A lease that may not be looked at is of a run whose log says so. */
async function isHeld(lease: string): Promise<boolean> {
  return (await holderOf(lease).catch(() => undefined)) !== undefined;
}

/** How a run stands; `interrupted` is unfinished and driven by nobody, the log of a `damaged` one cannot be read to its end. */
type RunStanding = RunPhase | 'interrupted' | 'damaged';

/** One stage of a run; it has results once it is completed. */
export interface StageRecord extends StageTimes, StageResult {
  readonly id: string;
  /** What computed it, where something did and the log says what. */
  readonly engine?: EngineFacts;
}

/** What a run's folder says of it, for people and for what is made of runs. */
export interface RunRecord extends Pick<RunState, 'commit' | 'startedAt' | 'lastAt' | 'otherCode'> {
  readonly id: string;
  readonly standing: RunStanding;
  /** Undefined where it is not one of this version. */
  readonly config: RunConfig | undefined;
  /** Why it failed, or how its log is damaged. */
  readonly failure: string;
  readonly stages: readonly StageRecord[];
  /** Length of the log. */
  readonly entries: number;
}

/** @throws SipfError `not-found` RUN_NOT_FOUND */
export async function readRun(runs: string, id: string): Promise<RunRecord> {
  const found = await readRunFolder(runLayout(runs, id).folder);
  const { state, damage } = found;
  if (state === undefined && damage !== undefined) return unreadable(id, damage);
  if (state === undefined) {
    throw new SipfError('not-found', `there is no run ${id} in ${runs}`, { reason: 'RUN_NOT_FOUND' });
  }
  const { commit, startedAt, lastAt, otherCode } = state;
  return {
    ...{ id, commit, startedAt, lastAt, otherCode },
    standing: damage === undefined ? standingOf(state, found.driven) : 'damaged',
    config: configOf(state),
    failure: damage?.message ?? state.failure,
    stages: stagesOf(state),
    entries: found.entries.length,
  };
}

/** A run whose log is whole. @throws SipfError as {@link readRun}; LOG_CORRUPT, FORMAT_UNKNOWN */
export async function readWholeRun(runs: string, id: string): Promise<RunRecord> {
  const { damage } = await readRunFolder(runLayout(runs, id).folder);
  if (damage !== undefined) throw damage;
  return await readRun(runs, id);
}

/** A run whose configuration could be read. */
export type ReadableRun = RunRecord & { readonly config: RunConfig };

/**
 * A run with its configuration.
 * @throws SipfError as {@link readRun}; `failed-precondition` CONFIG_UNREADABLE for one of another version
 */
export async function readReadableRun(runs: string, id: string): Promise<ReadableRun> {
  const { config, ...run } = await readRun(runs, id);
  if (config !== undefined) return { ...run, config };
  throw new SipfError('failed-precondition', `the configuration of run ${id} is not one of this version`, {
    reason: 'CONFIG_UNREADABLE',
  });
}

/** Every run of a folder, by id; none where the folder is missing. */
export async function readRuns(runs: string): Promise<RunRecord[]> {
  const names = await readdir(runs).catch((error: unknown) => {
    // A file beside folders of runs holds none.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  });
  const ids = names.filter((name) => isRun(runLayout(runs, name))).sort();
  const records = await Promise.allSettled(ids.map((id) => readRun(runs, id)));
  return records.flatMap((record) => (record.status === 'fulfilled' ? [record.value] : []));
}

/** A folder that could be a run's and may not be looked into is one, which is then damaged. */
function isRun({ folder, log }: RunLayout): boolean {
  try {
    return statSync(log, { throwIfNoEntry: false }) !== undefined || hasBegun(folder);
  } catch (error) {
    return whyUnreadable(error) !== undefined && runId.safeParse(basename(folder)).success;
  }
}

/** A run of which nothing but its folder is known. */
function unreadable(id: string, { message: failure }: SipfError): RunRecord {
  const unknown = { config: undefined, commit: '', startedAt: '', lastAt: '' };
  return { id, standing: 'damaged', failure, ...unknown, otherCode: [], stages: [], entries: 0 };
}

/** Whoever holds the lease of a run that failed may be about to resume it: its folder is not at rest. */
function standingOf({ phase }: RunState, driven: boolean): RunStanding {
  if (phase === 'succeeded') return phase;
  if (driven) return 'running';
  return phase === 'running' ? 'interrupted' : phase;
}

function configOf({ config }: RunState): RunConfig | undefined {
  try {
    return parseRunConfig(config);
  } catch {
    return undefined;
  }
}

const NOTHING: StageResult = { outputs: {}, counts: {}, figures: {} };

function stagesOf({ times, completed, engines }: RunState): StageRecord[] {
  return [...times].map(([id, when]) => {
    const engine = engines.get(id);
    return { id, ...when, ...(completed.get(id) ?? NOTHING), ...(engine === undefined ? {} : { engine }) };
  });
}
