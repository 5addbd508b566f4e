import type { Path } from '../path.ts';
import type { PreferencePair, RewardedPath } from './preference-pair.ts';

/**
 * How many leading steps two paths have in common; undefined where one is the beginning of the other, or they are the
 * same, so that there is no step to prefer.
 */
export function sharedSteps(first: Path, second: Path): number | undefined {
  const shorter = Math.min(first.steps.length, second.steps.length);
  for (let step = 0; step < shorter; step++) {
    if (first.steps[step]?.text !== second.steps[step]?.text) return step;
  }
  return undefined;
}

/** V of the step at which a path leaves another, in [0, 1]; undefined if the verifier has not scored it. */
export function scoreAt({ stepScores }: RewardedPath, step: number): number | undefined {
  return stepScores?.[step];
}

/** The texts of a pair: the text that both sides share after the prompt, and the continuation of each. */
export interface PairTexts {
  /** Follows the prompt; empty for pairs of whole paths. */
  readonly prefix: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** The texts of a pair; the sides of a step-level pair reach to the end of their paths, where the model stops. */
export function pairTexts({ chosen, rejected, sharedSteps: shared = 0 }: PreferencePair): PairTexts {
  const start = chosen.steps[shared]?.start ?? 0;
  return {
    prefix: chosen.text.slice(0, start),
    chosen: chosen.text.slice(start),
    rejected: rejected.text.slice(rejected.steps[shared]?.start ?? 0),
  };
}

/**
 * Weights of pairs by the difference of their rewards. The mean is 1, which keeps the meaning of the learning rate.
 * @returns undefined if no pair has a difference: pairs by outcome alone weigh the same
 */
export function pairWeights(pairs: readonly PreferencePair[]): number[] | undefined {
  const sum = pairs.reduce((total, { difference }) => total + difference, 0);
  return sum > 0 ? pairs.map(({ difference }) => (difference * pairs.length) / sum) : undefined;
}
