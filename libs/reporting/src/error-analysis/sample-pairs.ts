import { pathKey, type Path, type PreferencePair } from '@sipf/method';

/** A preference pair with what the verifier says of its steps. */
export interface SamplePair {
  readonly question: string;
  /** r(s+) - r(s-). */
  readonly difference: number;
  readonly chosen: readonly ScoredStep[];
  readonly rejected: readonly ScoredStep[];
}

export interface ScoredStep {
  readonly text: string;
  /** V(q, s_1..t); absent where the path was not scored. */
  readonly probability: number | undefined;
}

/**
 * Some pairs to look at: those of the largest and the smallest difference, and others evenly between.
 * @param probabilities of a path's steps, by `pathKey`
 * @param questions texts by question's id
 */
export function samplePairs(
  pairs: readonly PreferencePair[],
  {
    questions,
    probabilities,
    count,
  }: {
    readonly questions: ReadonlyMap<string, string>;
    readonly probabilities: ReadonlyMap<string, readonly number[]>;
    readonly count: number;
  },
): SamplePair[] {
  const ordered = [...pairs].sort((a, b) => b.difference - a.difference);
  const scored = (path: Path): ScoredStep[] =>
    path.steps.map(({ text }, index) => ({ text, probability: probabilities.get(pathKey(path))?.[index] }));
  return evenly(ordered, count).map(({ questionId, difference, chosen, rejected }) => ({
    question: questions.get(questionId) ?? questionId,
    difference,
    chosen: scored(chosen),
    rejected: scored(rejected),
  }));
}

/** So many of the items, the first and the last among them. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, index) => {
    const item = items[Math.round((index * (items.length - 1)) / Math.max(1, count - 1))];
    if (item === undefined) throw new RangeError('no item at a counted index');
    return item;
  });
}
