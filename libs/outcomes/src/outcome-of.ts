import { execution } from '@sipf/contracts';
import type { Outcome } from '@sipf/method';

/** What a verdict says of a path: anything but passing is wrong, and a sandbox that broke says nothing. */
export function outcomeOf({ outcome }: Pick<execution.ExecuteResponse, 'outcome'>): Outcome {
  const { PASSED, SANDBOX_ERROR, UNSPECIFIED } = execution.Outcome;
  if (outcome === PASSED) return 'correct';
  return outcome === SANDBOX_ERROR || outcome === UNSPECIFIED ? 'unknown' : 'wrong';
}
