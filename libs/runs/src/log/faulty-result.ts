import { faultOfResult } from '../plan/stage-results.ts';
import type { RunEntry } from './entries.ts';

/** A result of a log that has not the names of its kind. */
export interface FaultyResult {
  /** Of the entry. */
  readonly index: number;
  readonly why: string;
}

/** The first one that a program of a known format wrote; what wrote logs before there was a format may have had other names. */
export function faultyResult(entries: readonly RunEntry[]): FaultyResult | undefined {
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
