import type { RunOutputs } from './disturbed-run.ts';
import type { Outcome } from './outcome.ts';

/** What a scenario works with. */
export interface ScenarioOptions {
  /** What an undisturbed run left. */
  readonly reference: RunOutputs;
  /** How long it took, in milliseconds. */
  readonly lastsMs: number;
  readonly seed: string;
  /** How many random moments. */
  readonly moments: number;
  readonly report: (outcomes: readonly Outcome[]) => void;
}
