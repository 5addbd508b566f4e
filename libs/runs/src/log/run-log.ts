import { assertKnownFormat, summedLine } from '@sipf/artifacts';
import { LOG_FORMAT } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { basename, resolve } from 'node:path';
import pLimit from 'p-limit';
import { layoutIn } from '../folder/run-layout.ts';
import { acquireLease } from '../lease/file-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { damaged, openAppendOnlyFile, readWholeLines } from './append-only-file.ts';
import { LOG_RULES, type RunEntry, type RunEvent } from './entries.ts';
import { faultyResult, lateEntry } from './faulty-entries.ts';
import { hasBegun, lostLog } from './lost-log.ts';
import { nameOfProgram } from './program.ts';

/** The truth of a run: append-only, on disk before anybody acts on it, one writer. */
export interface RunLog {
  readonly entries: readonly RunEntry[];
  /** One after another; an event that could not be written is not in the log, and may be appended again. */
  append(event: RunEvent): Promise<RunEntry>;
  /** What it is written under, and all that the run leaves. */
  readonly lease: Lease;
  close(): Promise<void>;
}

/** Takes the lease of a run. @param above the highest epoch of its log */
export type AcquireRun = (above: number) => Promise<Lease>;

/**
 * Opens the log of a run's folder for writing.
 * @param now the clock, in milliseconds since 1970
 * @param acquire takes the run's lease. @default the one in its folder
 * @throws SipfError RUN_IN_USE while another process drives the run; LOG_CORRUPT; FORMAT_UNKNOWN; its appends LEASE_LOST
 */
export async function openRunLog(
  folder: string,
  now: () => number,
  acquire: AcquireRun = (above) => acquireLease(layoutIn(folder).lease, { above }),
): Promise<RunLog> {
  const before = await readRunLog(folder);
  const lease = await acquire(highestEpoch(before.entries));
  const { epoch } = lease;
  try {
    const { damage } = await readRunLog(folder);
    if (damage !== undefined) throw damage;
    const file = await openAppendOnlyFile(layoutIn(folder).log, LOG_RULES, lease);
    const entries = named(file.recovered, folder);
    const inTurn = pLimit(1);
    const append = async (event: RunEvent): Promise<RunEntry> => {
      const entry: RunEntry = { index: entries.length, at: new Date(now()).toISOString(), epoch, ...event };
      await file.append(entry);
      // Seen by others only now: an entry that is not on disk may never be.
      entries.push(entry);
      return entry;
    };
    return {
      entries,
      append: (event) => inTurn(append, event),
      lease,
      close: async () => {
        await file.close();
        await lease.release();
      },
    };
  } catch (error) {
    await lease.release();
    throw error;
  }
}

function highestEpoch(entries: readonly RunEntry[]): number {
  return entries.reduce((highest, { epoch = 0 }) => Math.max(highest, epoch), 0);
}

/** A log as far as it can be read. */
export interface ReadLog {
  readonly entries: readonly RunEntry[];
  /** Why there is no more of it to be had: LOG_CORRUPT, FORMAT_UNKNOWN; undefined for a whole log. */
  readonly damage: SipfError | undefined;
}

/** The log of a run that this process does not drive. */
export async function readRunLog(folder: string): Promise<ReadLog> {
  try {
    const { log } = layoutIn(folder);
    const begun = hasBegun(folder);
    const { values, damage } = await readWholeLines(log, LOG_RULES);
    if (values.length === 0 && damage === undefined && begun) return { entries: [], damage: lostLog(folder) };
    const newer = newerFormat(folder, values);
    const faulty = newer === undefined ? (lateEntry(values) ?? faultyResult(values)) : undefined;
    if (faulty === undefined) return { entries: named(values, folder), damage: newer ?? damage };
    const { index, why } = faulty;
    return {
      entries: named(values.slice(0, index), folder),
      damage: damaged(resolve(log), index + 1, why, LOG_RULES.remedy),
    };
  } catch (cause) {
    return { entries: [], damage: unreadable(folder, cause) };
  }
}

/** Where the log's file itself cannot be read: by its rights, or by its disk. */
function unreadable(folder: string, cause: unknown): SipfError {
  if (cause instanceof SipfError) return cause;
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it cannot be read';
  const message = `${nameOf(folder)} cannot be read (${why}): look at its rights and at its disk`;
  return new SipfError('data-loss', message, { reason: 'LOG_CORRUPT', cause });
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
  const runId = basename(resolve(folder));
  const { begunAs = first.runId } = first;
  return [{ ...first, runId, ...(begunAs === runId ? {} : { begunAs }) }, ...rest];
}

/** Refuses the format of a newer program, whose entries may mean something else. */
function newerFormat(folder: string, entries: readonly RunEntry[]): SipfError | undefined {
  for (const entry of entries) {
    if (entry.kind !== 'run-started' && entry.kind !== 'run-resumed') continue;
    const { format, program } = entry;
    try {
      const written = { format, program: program && nameOfProgram(program) };
      assertKnownFormat(nameOf(folder), written, LOG_FORMAT);
    } catch (error) {
      if (error instanceof SipfError) return error;
      throw error;
    }
  }
  return undefined;
}

/** E.g. `sipf-arithmetic-7/log.jsonl`. */
function nameOf(folder: string): string {
  const { log } = layoutIn(resolve(folder));
  return log.split('/').slice(-2).join('/');
}

/** The entries of a log as another process reports them. @throws SipfError data-loss LOG_CORRUPT for what is not an entry */
export function toEntries(values: readonly unknown[], runId: string): RunEntry[] {
  return values.map((value, index) => {
    const found = LOG_RULES.read(value, index);
    if ('value' in found) return found.value;
    const message = `entry ${index} of the log of run ${runId} cannot be read: ${found.why}`;
    throw new SipfError('data-loss', message, { reason: 'LOG_CORRUPT' });
  });
}

/** A whole log as the text of its file. */
export function logText(entries: readonly RunEntry[]): string {
  return entries.map((entry) => `${summedLine(JSON.stringify(entry))}\n`).join('');
}
