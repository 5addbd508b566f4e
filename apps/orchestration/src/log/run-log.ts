import type { RunConfig } from '@sipf/contracts';
import { join } from 'node:path';
import { openAppendOnlyFile, readAppendOnlyFile } from './append-only-file.ts';
import { acquireLock } from './lock.ts';

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
    }
  | { readonly kind: 'run-resumed' }
  | { readonly kind: 'stage-started'; readonly stage: string }
  | {
      readonly kind: 'stage-completed';
      readonly stage: string;
      readonly result: StageResult;
      /** Whether the result was another run's, and nothing was computed. */
      readonly reused?: boolean;
    }
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
 * @throws SipfError RUN_IN_USE while another process drives the run; LOG_CORRUPT
 */
export async function openRunLog(folder: string, now: () => number): Promise<RunLog> {
  const release = await acquireLock(join(folder, 'lock'));
  try {
    const file = await openAppendOnlyFile<RunEntry>(join(folder, 'log.jsonl'));
    const entries = [...file.recovered];
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

/** The log of a run that this process does not drive. */
export async function readRunLog(folder: string): Promise<readonly RunEntry[]> {
  return (await readAppendOnlyFile(join(folder, 'log.jsonl'))) as readonly RunEntry[];
}
