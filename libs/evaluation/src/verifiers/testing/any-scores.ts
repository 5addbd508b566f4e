import fc from 'fast-check';
import type { LabelledScore } from '../labelled-path.ts';

/** A step from its probability in percent and its label. */
export const score = ([percent, isRight]: readonly [number, boolean]): LabelledScore => ({
  probability: percent / 100,
  isRight,
});

/** Steps of few distinct probabilities, so that ties are common. */
export const anyScores = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 20 }).map((x) => 5 * x),
      fc.boolean(),
    ),
    { minLength: 2, maxLength: 40 },
  )
  .map((list) => list.map(score));

/** Those with right and wrong steps among them. */
export const bothKinds = anyScores.filter((list) => new Set(list.map(({ isRight }) => isRight)).size === 2);

/** The example of scikit-learn's documentation of roc_auc_score and roc_curve. */
export const EXAMPLE = (
  [
    [10, false],
    [40, false],
    [35, true],
    [80, true],
  ] as const
).map(score);
