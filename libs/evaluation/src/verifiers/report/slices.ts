import { labelledScores, type LabelledScore, type ScoredPath } from '../labelled-path.ts';
import { rocAuc } from '../metrics/ranking.ts';
import { stepAccuracy } from '../metrics/step-accuracy.ts';

/** How well right and wrong steps of one kind are separated. */
export interface Slice {
  /** e.g. `3` or `8+`. */
  readonly name: string;
  readonly steps: number;
  readonly accuracy: number;
  /** NaN if all are right, or all wrong. */
  readonly auc: number;
}

/** Larger numbers go together. */
const LARGEST = 8;

/** Labelled steps by their position in the path, from 1. */
export function byPosition(paths: readonly ScoredPath[], threshold: number): Slice[] {
  const numbered = paths.flatMap(({ labels, probabilities, logOdds }) =>
    labels.flatMap((isRight, at) => {
      const probability = probabilities[at];
      if (isRight === undefined || probability === undefined) return [];
      return [{ number: at + 1, score: { probability, logOdds: logOdds?.[at], isRight } }];
    }),
  );
  return slices(numbered, threshold);
}

/** Labelled steps by the number of steps of their path. */
export function byPathLength(paths: readonly ScoredPath[], threshold: number): Slice[] {
  const numbered = paths.flatMap((path) =>
    labelledScores([path]).map((score) => ({ number: path.steps.length, score })),
  );
  return slices(numbered, threshold);
}

function slices(
  numbered: readonly { readonly number: number; readonly score: LabelledScore }[],
  threshold: number,
): Slice[] {
  const groups = Map.groupBy(numbered, ({ number }) => Math.min(number, LARGEST));
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([number, group]) => {
      const scores = group.map(({ score }) => score);
      const name = number < LARGEST ? String(number) : `${LARGEST}+`;
      return { name, steps: scores.length, accuracy: stepAccuracy(scores, threshold), auc: rocAuc(scores) };
    });
}
