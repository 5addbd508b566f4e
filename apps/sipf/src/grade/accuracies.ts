import { percent } from '@sipf/figures';
import { accuracyOf, bootstrapDifference, type Outcome } from '@sipf/method';
import { createRng } from '@sipf/random';

/** A completion's problem and whether it is right; null where that is not known. */
export interface GradedAnswer {
  readonly problem: string;
  readonly isRight: boolean | null;
}

/** A share of right answers with its 95 % interval, all in [0, 1]. */
export interface ShareRight {
  readonly correct: number;
  readonly total: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The share of right answers. Its interval is Wilson's where every problem has one answer; answers to the same problem are not
 * independent, so that else problems are drawn, with all their answers, by a seeded bootstrap, unless all are answered alike.
 * @returns undefined where no answer could be judged
 */
export function shareRight(answers: readonly GradedAnswer[]): ShareRight | undefined {
  const known = answers.flatMap(({ problem, isRight }) => (isRight === null ? [] : [{ problem, isRight }]));
  if (known.length === 0) return undefined;
  const outcomes = known.map(({ isRight }): Outcome => (isRight ? 'correct' : 'wrong'));
  const { correct, total, accuracy, ...wilson } = accuracyOf(outcomes);
  const isPaired = new Set(known.map(({ problem }) => problem)).size < known.length;
  const drawn = known.map(({ problem, isRight }) => ({ question: problem, first: isRight, second: false }));
  const redrawn = isPaired ? bootstrapDifference(drawn, createRng(0)) : wilson;
  // Without a width it says nothing: one problem, or problems answered alike.
  const { low, high } = redrawn.low === redrawn.high ? wilson : redrawn;
  return { correct, total, accuracy, low, high };
}

/** `61.2 % of 1319 right (807); 95 % interval 58.5 % - 63.8 %` */
export function describeShare(share: ShareRight): string {
  const { accuracy, total, correct, low, high } = share;
  return `${percent(accuracy)} of ${total} right (${correct}); 95 % interval ${percent(low)} - ${percent(high)}`;
}
