import type { Outcome } from '../path.ts';
import { majorityVote } from './majority-vote.ts';
import { mean } from './mean.ts';
import { passAtK } from './pass-at-k.ts';

/** One of several answers to a question. */
export interface SampledAnswer {
  readonly outcome: Outcome;
  /** The extracted answer; absent if there is none. */
  readonly answer?: string;
  /** The verifier's reward of its path (Eq. 5); absent if there is none. */
  readonly reward?: number;
}

/** Whether two answers are the same; an equivalence. */
export type SameAnswer = (a: string, b: string) => boolean;

/**
 * What several samples a question are worth, as means over the questions: `pass@k` (unbiased), `maj@k`, the majority of the
 * first k, and `best@k`, the most rewarded of the first k. Answers of unknown outcome are left out, and so are questions
 * that have fewer than k known ones.
 * @param isSame absent if answers cannot vote; the result then has no `maj@k`
 */
export function sampledAccuracy(
  questions: readonly (readonly SampledAnswer[])[],
  ks: readonly number[],
  isSame?: SameAnswer,
): Record<string, number> {
  const known = questions.map((answers) => answers.filter(({ outcome }) => outcome !== 'unknown'));
  const isRewarded = known.some((answers) => answers.some(({ reward }) => reward !== undefined));
  const figures = ks.flatMap((k): [string, number | undefined][] => {
    const enough = known.filter((answers) => answers.length >= k);
    if (enough.length === 0) return [];
    const passes = (answers: readonly SampledAnswer[]) => passAtK(answers.length, rightOf(answers), k);
    return [
      [`pass@${k}`, mean(enough.map(passes))],
      [
        `maj@${k}`,
        isSame && mean(enough.map((answers) => Number(majorityIsRight(answers.slice(0, k), isSame)))),
      ],
      [
        `best@${k}`,
        isRewarded ? mean(enough.map((answers) => Number(bestIsRight(answers.slice(0, k))))) : undefined,
      ],
    ];
  });
  return Object.fromEntries(figures.filter((figure): figure is [string, number] => figure[1] !== undefined));
}

function majorityIsRight(answers: readonly SampledAnswer[], isSame: SameAnswer): boolean {
  const voted = majorityVote(
    answers.map(({ answer }) => answer),
    isSame,
  );
  if (voted === undefined) return false;
  return answers.some(
    ({ answer, outcome }) => answer !== undefined && isSame(answer, voted) && outcome === 'correct',
  );
}

/** Of equally rewarded ones the first; one without a reward is worth less than any with. */
function bestIsRight(answers: readonly SampledAnswer[]): boolean {
  const rewardOf = ({ reward = -Infinity }: SampledAnswer) => reward;
  const best = answers.reduce((best, answer) => (rewardOf(answer) > rewardOf(best) ? answer : best));
  return best.outcome === 'correct';
}

function rightOf(answers: readonly SampledAnswer[]): number {
  return answers.filter(({ outcome }) => outcome === 'correct').length;
}
