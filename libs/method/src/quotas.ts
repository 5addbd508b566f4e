import { checkCount, checkSetting } from './check-setting.ts';
import { groupByQuestion, type Path } from './path.ts';

/** How many paths of each outcome a question may keep. */
export interface Quota {
  readonly positives: number;
  readonly negatives: number;
}

/** Quotas of a run. */
export interface QuotaSettings {
  /** The first iteration's quota, in paths a question. */
  readonly first: Quota;
  /** Each iteration's quota is the one before divided by this: 2 or 4 (METHOD.md, Eq. 1), or 1. */
  readonly divisor: 1 | 2 | 4;
}

/**
 * The quota of iteration k: each later one is half (or a quarter) of the one before, at least 1 where the first was.
 * @param iteration k, from 1
 */
export function quotaOf(iteration: number, settings: QuotaSettings): Quota {
  checkCount(iteration, 'iteration', 1);
  checkCount(settings.first.positives, 'quota.first.positives', 0);
  checkCount(settings.first.negatives, 'quota.first.negatives', 0);
  checkSetting([1, 2, 4].includes(settings.divisor), 'quota.divisor', 'must be 1, 2 or 4');
  const share = (first: number) =>
    Math.max(Math.min(first, 1), Math.floor(first / settings.divisor ** (iteration - 1)));
  return { positives: share(settings.first.positives), negatives: share(settings.first.negatives) };
}

/**
 * Keeps the first paths of each outcome, question by question, up to the quota. Paths of unknown outcome are dropped.
 * @returns the kept paths in their given order
 */
export function fillQuota<P extends Pick<Path, 'questionId' | 'outcome'>>(
  paths: readonly P[],
  quota: Quota,
): P[] {
  const counts = new Map<string, { correct: number; wrong: number }>();
  return paths.filter(({ questionId, outcome }) => {
    if (outcome === 'unknown') return false;
    const count = counts.get(questionId) ?? { correct: 0, wrong: 0 };
    counts.set(questionId, count);
    count[outcome] += 1;
    return count[outcome] <= (outcome === 'correct' ? quota.positives : quota.negatives);
  });
}

/** The questions that still lack a positive or a negative path; sampling may stop for the others. */
export function unfilledQuestions(
  questionIds: readonly string[],
  paths: readonly Pick<Path, 'questionId' | 'outcome'>[],
  quota: Quota,
): string[] {
  const groups = groupByQuestion(paths);
  return questionIds.filter((questionId) => {
    const outcomes = (groups.get(questionId) ?? []).map((path) => path.outcome);
    const count = (wanted: Path['outcome']) => outcomes.filter((outcome) => outcome === wanted).length;
    return count('correct') < quota.positives || count('wrong') < quota.negatives;
  });
}
