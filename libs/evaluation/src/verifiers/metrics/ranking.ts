import { logOddsOf } from '@sipf/method';
import type { LabelledScore } from '../labelled-path.ts';
import { f1Of } from './step-accuracy.ts';

/** A threshold and its rates. */
export interface BestThreshold {
  readonly threshold: number;
  readonly f1: number;
}

/**
 * ROC-AUC: the probability that a right step scores above a wrong one, ties counting half (the Mann-Whitney statistic).
 * NaN if all steps are right, or all wrong.
 */
export function rocAuc(scores: readonly LabelledScore[]): number {
  let wrongBelow = 0;
  let pairs = 0;
  for (const { right, wrong } of tiedGroups(scores, rank)) {
    pairs += right * (wrongBelow + wrong / 2);
    wrongBelow += wrong;
  }
  return pairs / (wrongBelow * (scores.length - wrongBelow));
}

/** A point of the ROC curve. */
export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/** The curve from (0, 0) to (1, 1), a point a distinct score. */
export function rocCurve(scores: readonly LabelledScore[]): RocPoint[] {
  const rights = scores.filter(({ isRight }) => isRight).length;
  const wrongs = scores.length - rights;
  let [right, wrong] = [0, 0];
  const points = tiedGroups(scores, rank)
    .reverse()
    .map((group) => {
      right += group.right;
      wrong += group.wrong;
      return { falsePositiveRate: wrong / wrongs, truePositiveRate: right / rights };
    });
  return [{ falsePositiveRate: 0, truePositiveRate: 0 }, ...points];
}

/** The threshold of the largest F1 among the scores themselves, the smallest of equally good ones; undefined without any. */
export function bestF1(scores: readonly LabelledScore[]): BestThreshold | undefined {
  let best: BestThreshold | undefined;
  let truePositives = scores.filter(({ isRight }) => isRight).length;
  let falsePositives = scores.length - truePositives;
  let falseNegatives = 0;
  for (const { score, right, wrong } of tiedGroups(scores, ({ probability }) => probability)) {
    const f1 = f1Of({ truePositives, falsePositives, falseNegatives, trueNegatives: 0 });
    if (best === undefined || f1 > best.f1) best = { threshold: score, f1 };
    truePositives -= right;
    falseNegatives += right;
    falsePositives -= wrong;
  }
  return best;
}

/** Separates scores that are equal as doubles of [0, 1]. */
function rank({ probability, logOdds = logOddsOf(probability) }: LabelledScore): number {
  return logOdds;
}

interface TiedGroup {
  readonly score: number;
  readonly right: number;
  readonly wrong: number;
}

/** Steps of equal scores together, the lowest first. */
function tiedGroups(
  scores: readonly LabelledScore[],
  scoreOf: (score: LabelledScore) => number,
): TiedGroup[] {
  const groups = Map.groupBy(scores, scoreOf);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([score, group]) => {
      const right = group.filter(({ isRight }) => isRight).length;
      return { score, right, wrong: group.length - right };
    });
}
