import type { Change } from './changes.ts';
import type { FirstErrors } from './first-errors.ts';
import type { HeldOutVerifier } from './held-out-verifier.ts';
import type { PathLengths } from './path-lengths.ts';
import type { SamplePair } from './sample-pairs.ts';

/** Findings from the artifacts of a run beyond its figures. */
export interface RunAnalysis {
  readonly errors: readonly FirstErrors[];
  readonly changes: readonly Change[];
  readonly lengths: readonly PathLengths[];
  readonly pairs: readonly SamplePair[];
  /** The run's own, and those that it compares with it. */
  readonly verifiers: readonly HeldOutVerifier[];
  /** Why something is missing, a sentence each. */
  readonly gaps: readonly string[];
}

/** For a run whose artifacts are not available. */
export function noAnalysis(gap: string): RunAnalysis {
  return { errors: [], changes: [], lengths: [], pairs: [], verifiers: [], gaps: [gap] };
}
