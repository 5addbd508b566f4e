import { describe, expect, it } from 'vitest';
import type { ScoredPath } from '../labelled-path.ts';
import { bestFirstErrorMetric, firstErrorMetric } from './first-error.ts';

describe('finding the first wrong step', () => {
  const path = (labels: ScoredPath['labels'], probabilities: number[]): ScoredPath => ({
    question: 'q',
    steps: labels.map(String),
    labels,
    probabilities,
  });

  it('counts paths by whether the first low step is the first wrong one', () => {
    const paths = [
      path([true, false, undefined], [0.9, 0.2, 0.1]),
      path([true, false], [0.3, 0.2]),
      path([false], [0.8]),
      path([true, true], [0.9, 0.8]),
      path([undefined, false], [0.9, 0.1]),
    ];
    expect(firstErrorMetric(paths, 0.5)).toEqual({
      ...{
        threshold: 0.5,
        accuracyOnWrong: 1 / 3,
        accuracyOnRight: 1,
        f1: 0.5,
        wrongPaths: 3,
        rightPaths: 1,
      },
    });
    expect(bestFirstErrorMetric(paths)).toMatchObject({ threshold: 0.21, f1: 0.8 });
  });
});
