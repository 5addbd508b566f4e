import type { ChosenVariant } from './choose-variants.ts';
import type { Comparison } from './compare-methods.ts';
import type { SummaryRow } from './summarise.ts';

/** What an experiment found, over all of its runs. */
export interface ExperimentResults {
  readonly id: string;
  /** Every method, iteration, data set and variant. */
  readonly rows: readonly SummaryRow[];
  /** The variants that the main table and the comparisons are of. */
  readonly chosen: readonly ChosenVariant[];
  readonly comparisons: readonly Comparison[];
  /** Runs that have left no results. */
  readonly missing: readonly string[];
}
