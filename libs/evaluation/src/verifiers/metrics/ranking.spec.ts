import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyScores, bothKinds, EXAMPLE } from '../testing/any-scores.ts';
import { bestF1, rocAuc, rocCurve } from './ranking.ts';
import { confusionAt, f1Of, stepAccuracy } from './step-accuracy.ts';

describe('at a threshold', () => {
  it('counts verdicts as they fall', () => {
    const counts = confusionAt(EXAMPLE, 0.4);
    expect(counts).toEqual({ truePositives: 1, falsePositives: 1, trueNegatives: 1, falseNegatives: 1 });
    expect([stepAccuracy(EXAMPLE, 0.4), f1Of(counts)]).toEqual([0.5, 0.5]);
    expect(f1Of(confusionAt(EXAMPLE.slice(0, 2), 0.9))).toBe(0);
  });

  it('finds the F1 that trying every threshold finds', () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        const tried = scores.map(({ probability }) => f1Of(confusionAt(scores, probability)));
        const best = bestF1(scores);
        expect(best?.f1).toBeCloseTo(Math.max(...tried), 12);
        expect(f1Of(confusionAt(scores, best?.threshold ?? NaN))).toBeCloseTo(best?.f1 ?? NaN, 12);
      }),
    );
  });
});

describe('ROC', () => {
  it('ranks steps with equal probabilities of 1 by their log-odds', () => {
    const sure = [38, 40, 42, 44].map((logOdds, at) => ({ probability: 1, logOdds, isRight: at > 1 }));
    expect(rocAuc(sure)).toBe(1);
    expect(rocAuc(sure.map(({ probability, isRight }) => ({ probability, isRight })))).toBe(0.5);
  });

  it('is what scikit-learn says of its example', () => {
    expect(rocAuc(EXAMPLE)).toBe(0.75);
    expect(rocCurve(EXAMPLE).map((point) => [point.falsePositiveRate, point.truePositiveRate])).toEqual([
      ...[
        [0, 0],
        [0, 0.5],
        [0.5, 0.5],
        [0.5, 1],
        [1, 1],
      ],
    ]);
  });

  it('is the share of pairs in order, ties half, and the area under its curve', () => {
    fc.assert(
      fc.property(bothKinds, (scores) => {
        const [right, wrong] = [true, false].map((kind) => scores.filter(({ isRight }) => isRight === kind));
        const pairs = (right ?? []).flatMap((a) =>
          (wrong ?? []).map((b) => Math.sign(a.probability - b.probability)),
        );
        const slow = pairs.reduce<number>((sum, sign) => sum + (sign + 1) / 2, 0) / pairs.length;
        expect(rocAuc(scores)).toBeCloseTo(slow, 10);
        const curve = rocCurve(scores);
        const area = curve.slice(1).reduce((sum, point, at) => {
          const last = curve[at] ?? point;
          const width = point.falsePositiveRate - last.falsePositiveRate;
          return sum + (width * (point.truePositiveRate + last.truePositiveRate)) / 2;
        }, 0);
        expect(area).toBeCloseTo(slow, 10);
      }),
    );
  });

  it('has no value without both kinds', () => {
    expect(rocAuc(EXAMPLE.slice(0, 2))).toBeNaN();
  });
});
