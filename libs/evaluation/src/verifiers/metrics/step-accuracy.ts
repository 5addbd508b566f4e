import type { LabelledScore } from '../labelled-path.ts';

/** Verdicts at one threshold: a step counts as right if its probability reaches it. */
export interface Confusion {
  /** Right steps called right. */
  readonly truePositives: number;
  /** Wrong steps called right. */
  readonly falsePositives: number;
  /** Wrong steps called wrong. */
  readonly trueNegatives: number;
  /** Right steps called wrong. */
  readonly falseNegatives: number;
}

export function confusionAt(scores: readonly LabelledScore[], threshold: number): Confusion {
  const count = (isRight: boolean, isCalledRight: boolean): number =>
    scores.filter((score) => score.isRight === isRight && score.probability >= threshold === isCalledRight)
      .length;
  return {
    truePositives: count(true, true),
    falsePositives: count(false, true),
    trueNegatives: count(false, false),
    falseNegatives: count(true, false),
  };
}

/** Share of the labelled steps that are classified correctly (Table 3 of the paper); NaN without any. */
export function stepAccuracy(scores: readonly LabelledScore[], threshold: number): number {
  const { truePositives, trueNegatives } = confusionAt(scores, threshold);
  return (truePositives + trueNegatives) / scores.length;
}

/** F1 of finding right steps: 2 TP / (2 TP + FP + FN); 0 if no step is right and none is classified as right. */
export function f1Of({ truePositives, falsePositives, falseNegatives }: Confusion): number {
  const all = 2 * truePositives + falsePositives + falseNegatives;
  return all === 0 ? 0 : (2 * truePositives) / all;
}
