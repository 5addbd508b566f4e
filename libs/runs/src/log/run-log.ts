import { assertKnownFormat } from '@sipf/artifacts';
import { LOG_FORMAT, type RunConfig } from '@sipf/contracts';
import type { SipfError } from '@sipf/errors';
import { basename, join, resolve } from 'node:path';
import { openAppendOnlyFile, readWholeLines } from './append-only-file.ts';
import { LOG_RULES } from './entry-rules.ts';
import { acquireLock } from '../folder/lock.ts';
import { nameOfProgram, type Program } from './program.ts';

/** What a stage leaves behind: references and numbers, all of them functions of the configuration and the seed. */
export interface StageResult {
  /** Artefacts and models by name, as digests. */
  readonly outputs: Readonly<Record<string, string>>;
  /** How many of what, e.g. `positive`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Other figures, e.g. `wholePathAccuracy`. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What can happen to a run. Its state is a fold over these. */
export type RunEvent =
  | {
      readonly kind: 'run-started';
      readonly runId: string;
      readonly config: RunConfig;
      readonly commit: string;
      /** Who started it, where callers are known by name. */
      readonly owner?: string;
      /** See LOG_FORMAT; absent in logs of before there was a number. */
      readonly format?: number;
      /** The code that began it. */
      readonly program?: Program;
    }
  | {
      readonly kind: 'run-resumed';
      readonly format?: number;
      readonly program?: Program;
      /** How the code differs from the one at work before, in words; absent where it does not. */
      readonly otherCode?: string;
    }
  | { readonly kind: 'stage-started'; readonly stage: string }
  | {
      readonly kind: 'stage-completed';
      readonly stage: string;
      readonly result: StageResult;
      /** Whether the result was another run's, and nothing was computed. */
      readonly reused?: boolean;
      /** Steps of its training in metrics.jsonl, where it trained. */
      readonly steps?: number;
      /** What is odd about the result, for people. */
      readonly warnings?: readonly string[];
    }
  /** What a completed stage left is gone or damaged: it is not completed any more. */
  | { readonly kind: 'stage-lost'; readonly stage: string; readonly why: string }
  | { readonly kind: 'run-succeeded' }
  | { readonly kind: 'run-failed'; readonly failure: string; readonly reason: string }
  | { readonly kind: 'run-cancelled' };

/** An event with its place in the log; `at` is ISO 8601 and for people only. */
export type RunEntry = RunEvent & { readonly index: number; readonly at: string };

/** The truth of a run: append-only, on disk before anybody acts on it, one writer. */
export interface RunLog {
  readonly entries: readonly RunEntry[];
  /** One after another; an event that could not be written is not in the log, and may be appended again. */
  append(event: RunEvent): Promise<RunEntry>;
  close(): Promise<void>;
}

/**
 * Opens `<folder>/log.jsonl` for writing.
 * @param now the clock, in milliseconds since 1970
 * @throws SipfError RUN_IN_USE while another process drives the run; LOG_CORRUPT; FORMAT_UNKNOWN
 */
export async function openRunLog(folder: string, now: () => number): Promise<RunLog> {
  const release = await acquireLock(join(folder, 'lock'));
  try {
    const { damage } = await readRunLog(folder);
    if (damage !== undefined) throw damage;
    const file = await openAppendOnlyFile<RunEntry>(join(folder, 'log.jsonl'), LOG_RULES);
    const entries = named(file.recovered, folder);
    let last: Promise<unknown> = Promise.resolve();
    const append = async (event: RunEvent): Promise<RunEntry> => {
      const entry: RunEntry = { index: entries.length, at: new Date(now()).toISOString(), ...event };
      await file.append(entry);
      // Seen by others only now: an entry that is not on disk may never be.
      entries.push(entry);
      return entry;
    };
    return {
      entries,
      append: (event) => {
        const appended = last.then(() => append(event));
        last = appended.catch(() => undefined);
        return appended;
      },
      close: async () => {
        await file.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A log as far as it can be read. */
export interface ReadLog {
  readonly entries: readonly RunEntry[];
  /** Why there is no more of it to be had: LOG_CORRUPT, FORMAT_UNKNOWN; undefined for a whole log. */
  readonly damage: SipfError | undefined;
}

/** The log of a run that this process does not drive. */
export async function readRunLog(folder: string): Promise<ReadLog> {
  const { values, damage } = await readWholeLines(join(folder, 'log.jsonl'), LOG_RULES);
  const entries = named(values as readonly RunEntry[], folder);
  return { entries, damage: newerFormat(folder, values) ?? damage };
}

/** Steps of every completed stage that trained, as the log counts them. */
export function countedSteps(entries: readonly RunEntry[]): Map<string, number> {
  const steps = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind === 'stage-lost') steps.delete(entry.stage);
    if (entry.kind === 'stage-completed' && entry.steps !== undefined) steps.set(entry.stage, entry.steps);
  }
  return steps;
}

/** A run is called what its folder is called: it may have been moved, or copied. */
function named([first, ...rest]: readonly RunEntry[], folder: string): RunEntry[] {
  if (first?.kind !== 'run-started') return first === undefined ? [] : [first, ...rest];
  return [{ ...first, runId: basename(resolve(folder)) }, ...rest];
}

/** The newest format that any of the programs at work wrote; its entries may be none that the rules know. */
function newerFormat(folder: string, entries: readonly unknown[]): SipfError | undefined {
  for (const entry of entries as readonly Partial<RunEntry>[]) {
    if (entry.kind !== 'run-started' && entry.kind !== 'run-resumed') continue;
    const { format, program } = entry;
    try {
      const written = { format, program: program && nameOfProgram(program) };
      assertKnownFormat(`${basename(resolve(folder))}/log.jsonl`, written, LOG_FORMAT);
    } catch (error) {
      return error as SipfError;
    }
  }
  return undefined;
}
