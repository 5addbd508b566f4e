import { faultOfResult } from '../plan/stage-results.ts';
import type { RunEntry } from './entries.ts';

/** An entry that should not be in a log as it is. */
interface FaultyEntry {
  /** Of the entry. */
  readonly index: number;
  readonly why: string;
}

/** The first one that a program of a known format wrote; what wrote logs before there was a format may have had other names. */
export function faultyResult(entries: readonly RunEntry[]): FaultyEntry | undefined {
  let format: number | undefined;
  for (const entry of entries) {
    if (entry.kind === 'run-started' || entry.kind === 'run-resumed') format = entry.format;
    if (entry.kind !== 'stage-completed' || format === undefined) continue;
    const fault = faultOfResult(entry.stage, entry.result);
    if (fault === undefined) continue;
    return { index: entry.index, why: `stage ${entry.stage}: result.${fault.field} ${fault.description}` };
  }
  return undefined;
}

/** The first entry of a writer whose lease another one had taken over already. */
export function lateEntry(entries: readonly RunEntry[]): FaultyEntry | undefined {
  let highest = 0;
  for (const { index, epoch = highest } of entries) {
    if (epoch < highest) return { index, why: `it is of epoch ${epoch}, after one of epoch ${highest}` };
    highest = epoch;
  }
  return undefined;
}
