import type { Answer, Evaluation } from './evaluation.ts';

/** What a model answers otherwise than the one before it, question by question. */
export interface Change {
  readonly from: string;
  readonly to: string;
  /** Questions that were answered wrongly and are answered rightly. */
  readonly repaired: readonly string[];
  /** The other way round. */
  readonly broken: readonly string[];
  readonly bothRight: number;
  readonly bothWrong: number;
  /** Two-sided exact test that repaired and broken are equally likely (McNemar). */
  readonly pValue: number;
}

/** Compares each model of the loop with the one of the iteration before. */
export function changesOver(evaluations: readonly Evaluation[]): Change[] {
  return evaluations.slice(1).flatMap((to, index) => {
    const from = evaluations[index];
    return from === undefined ? [] : [changeBetween(from, to)];
  });
}

/** Questions that either model has no judged answer to are left out. */
function changeBetween(from: Evaluation, to: Evaluation): Change {
  const before = new Map(from.answers.map((answer) => [answer.id, answer]));
  const pairs = to.answers.flatMap((answer) => {
    const earlier = before.get(answer.id);
    const isJudged = earlier?.correct !== undefined && answer.correct !== undefined;
    return isJudged ? [{ was: earlier.correct, answer }] : [];
  });
  const those = (was: boolean, is: boolean): Answer[] =>
    pairs.filter((pair) => pair.was === was && pair.answer.correct === is).map(({ answer }) => answer);
  const [repaired, broken] = [those(false, true), those(true, false)];
  return {
    from: from.name,
    to: to.name,
    repaired: repaired.map(({ id }) => id),
    broken: broken.map(({ id }) => id),
    bothRight: those(true, true).length,
    bothWrong: those(false, false).length,
    pValue: signTest(repaired.length, broken.length),
  };
}

/** P of a split at least this uneven of n fair coins; 1 for none. */
export function signTest(a: number, b: number): number {
  const n = a + b;
  if (n === 0) return 1;
  let logTerm = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(n - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}
