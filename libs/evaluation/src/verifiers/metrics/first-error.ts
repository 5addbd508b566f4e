import type { ScoredPath } from '../labelled-path.ts';

/** ProcessBench's metric at one threshold. */
export interface FirstErrorMetric {
  readonly threshold: number;
  /** Of the paths with a wrong step: share whose first wrong step is the first below the threshold. */
  readonly accuracyOnWrong: number;
  /** Of the paths without one: share with no step below the threshold. */
  readonly accuracyOnRight: number;
  /** Harmonic mean of both, called F1 there. */
  readonly f1: number;
  readonly wrongPaths: number;
  readonly rightPaths: number;
}

/** ProcessBench (Zheng et al., 2024): finding the first wrong step. Paths without a known first error are left out. */
export function firstErrorMetric(paths: readonly ScoredPath[], threshold: number): FirstErrorMetric {
  const known = paths.flatMap((path) => {
    const first = firstError(path);
    return first === undefined ? [] : [{ first, isFound: firstBelow(path, threshold) === first }];
  });
  const wrong = known.filter(({ first }) => first !== -1);
  const right = known.filter(({ first }) => first === -1);
  const [accuracyOnWrong, accuracyOnRight] = [wrong, right].map(share) as [number, number];
  const sum = accuracyOnWrong + accuracyOnRight;
  const f1 = sum === 0 ? 0 : (2 * accuracyOnWrong * accuracyOnRight) / sum;
  return {
    threshold,
    accuracyOnWrong,
    accuracyOnRight,
    f1,
    wrongPaths: wrong.length,
    rightPaths: right.length,
  };
}

/** The best of the thresholds 0.01, 0.02, …, 0.99, the smallest of equally good ones. */
export function bestFirstErrorMetric(paths: readonly ScoredPath[]): FirstErrorMetric {
  const metrics = Array.from({ length: 99 }, (_, at) => firstErrorMetric(paths, (at + 1) / 100));
  return metrics.reduce((best, metric) => (metric.f1 > best.f1 ? metric : best));
}

/** Index of the first wrong step; -1 if all are right; undefined if the labels do not determine it. */
function firstError({ labels }: ScoredPath): number | undefined {
  const first = labels.findIndex((label) => label !== true);
  if (first === -1) return -1;
  return labels[first] === false ? first : undefined;
}

function firstBelow({ probabilities }: ScoredPath, threshold: number): number {
  return probabilities.findIndex((probability) => probability < threshold);
}

/** NaN without any. */
function share(cases: readonly { readonly isFound: boolean }[]): number {
  return cases.filter(({ isFound }) => isFound).length / cases.length;
}
