import type { verification } from '@sipf/contracts';
import { pathRewards } from '@sipf/method';

/** A path's probabilities with every aggregate of them (Eq. 5 and its alternatives). */
export function stepScores(probabilities: readonly number[]): verification.StepScores {
  return { probabilities: [...probabilities], aggregates: pathRewards(probabilities) };
}
