import { majorityVote, mean, passAtK, type SameAnswer } from '@sipf/method';
import type { Rng } from '@sipf/random';

/** One of several paths that answer the same question. */
export interface Candidate {
  /** Larger is better; nothing else of it counts. */
  readonly reward: number;
  /** By an outcome verifier. */
  readonly outcomeReward?: number | undefined;
  readonly isCorrect: boolean;
  readonly answer: string | undefined;
}

/** How often n paths of a question lead to the right answer, a mean over questions. */
export interface BestOfN {
  readonly n: number;
  /** Questions with at least n paths. */
  readonly questions: number;
  /** The path of the largest reward is right; equal rewards share. */
  readonly verifier: number;
  /** The same by the outcome verifier's rewards; undefined if paths have none. */
  readonly outcomeVerifier: number | undefined;
  /** The answer that most paths have is right; undefined if paths have no answers. */
  readonly majority: number | undefined;
  /** Some path is right: what the best verifier could reach. */
  readonly oracle: number;
}

/** Random subsets a question for the majority vote. */
const DRAWS = 64;

/**
 * Accuracy of choosing among n paths, for each n; exact expectations over subsets without repetition for verifier and
 * oracle, and over 64 seeded subsets for the vote.
 * @param questions the paths of each question; questions of fewer than n paths are left out at n
 * @param isSame whether two answers vote together; an equivalence, by default that of texts
 */
export function bestOfN(
  questions: readonly (readonly Candidate[])[],
  sizes: readonly number[],
  rng: Rng,
  isSame: SameAnswer = (a, b) => a === b,
): BestOfN[] {
  return sizes.flatMap((n) => {
    const enough = questions.filter((paths) => paths.length >= n);
    if (enough.length === 0) return [];
    const hasAnswers = enough.every((paths) => paths.every(({ answer }) => answer !== undefined));
    const vote = (paths: readonly Candidate[], at: number): number =>
      votedAt(paths, n, rng.split(`${n}/${at}`), isSame);
    return [
      {
        n,
        questions: enough.length,
        verifier: mean(enough.map((paths) => chosenAt(paths, n))),
        outcomeVerifier: byOutcome(enough, n),
        majority: hasAnswers ? mean(enough.map(vote)) : undefined,
        oracle: mean(enough.map((paths) => passAtK(paths.length, correctOf(paths), n))),
      },
    ];
  });
}

/** The paths of every question with the outcome verifier's rewards instead of the others. */
function byOutcome(questions: readonly (readonly Candidate[])[], n: number): number | undefined {
  const judged = questions.map((paths) =>
    paths.flatMap((path) =>
      path.outcomeReward === undefined ? [] : [{ ...path, reward: path.outcomeReward }],
    ),
  );
  const isComplete = judged.every((paths, at) => paths.length === questions[at]?.length);
  return isComplete ? mean(judged.map((paths) => chosenAt(paths, n))) : undefined;
}

/** Expected correctness of the best of n of the paths: a group of equal rewards is best as often as none above it is drawn. */
function chosenAt(paths: readonly Candidate[], n: number): number {
  const groups = [...Map.groupBy(paths, ({ reward }) => reward)].sort(([a], [b]) => b - a);
  let above = 0;
  return groups.reduce((sum, [, group]) => {
    const before = noneOf(above, paths.length, n);
    above += group.length;
    return sum + (before - noneOf(above, paths.length, n)) * (correctOf(group) / group.length);
  }, 0);
}

/** C(all - some, n) / C(all, n): the probability that none of `some` is among n of `all`. */
function noneOf(some: number, all: number, n: number): number {
  return 1 - passAtK(all, some, n);
}

function votedAt(paths: readonly Candidate[], n: number, rng: Rng, isSame: SameAnswer): number {
  return mean(
    Array.from({ length: DRAWS }, () => {
      const drawn = rng.shuffle(paths).slice(0, n);
      const voted = majorityVote(
        drawn.map(({ answer }) => answer),
        isSame,
      );
      return Number(drawn.find(({ answer }) => answer === voted)?.isCorrect === true);
    }),
  );
}

function correctOf(paths: readonly Candidate[]): number {
  return paths.filter(({ isCorrect }) => isCorrect).length;
}
