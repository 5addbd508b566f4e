import { SipfError } from '@sipf/errors';
import type { Rng } from '@sipf/random';
import { checkCount } from '../check-setting.ts';

/** The answers of two models to one question, both of known outcome. */
export interface PairedAnswer {
  /** Questions of equal name are one question, e.g. asked of the models of several seeds: they are drawn together. */
  readonly question: string;
  readonly first: boolean;
  readonly second: boolean;
}

/** How two models compare on the same questions. */
export interface PairedDifference {
  /** Accuracy of the first less that of the second, in [-1, 1]. */
  readonly difference: number;
  /** Ends of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** What McNemar's test rests on. */
export interface McNemar {
  /** Questions that only the first answers right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Two-sided: the probability of a split at least as uneven if both are equally good. */
  readonly pValue: number;
}

/**
 * The exact McNemar test (McNemar, 1947; binomial with p = 1/2 over the questions that one alone answers right). Its
 * answers must be independent, so it is for one run against another, not for several seeds together.
 */
export function mcNemarExact(answers: readonly PairedAnswer[]): McNemar {
  const onlyFirst = answers.filter(({ first, second }) => first && !second).length;
  const onlySecond = answers.filter(({ first, second }) => !first && second).length;
  const tail = binomialTail(onlyFirst + onlySecond, Math.min(onlyFirst, onlySecond));
  return { onlyFirst, onlySecond, pValue: Math.min(1, 2 * tail) };
}

/**
 * Seeded bootstrap over questions (Efron, 1979): percentile interval of the difference in accuracy, with all answers to
 * a question drawn together.
 * @param draws resamples; the ends are known to about a hundredth of the width at 2,000
 * @throws SipfError `failed-precondition`, reason `NOTHING_TO_MEASURE`, without any answers
 */
export function bootstrapDifference(
  answers: readonly PairedAnswer[],
  rng: Rng,
  draws = 2000,
): PairedDifference {
  checkCount(draws, 'draws', 1);
  const clusters = clustersOf(answers);
  if (clusters.length === 0) {
    throw new SipfError('failed-precondition', 'no question that both models answered', {
      reason: 'NOTHING_TO_MEASURE',
    });
  }
  const resampled = Float64Array.from({ length: draws }, () => {
    let [lead, size] = [0, 0];
    for (let drawn = 0; drawn < clusters.length; drawn++) {
      const cluster = rng.pick(clusters);
      lead += cluster.lead;
      size += cluster.size;
    }
    return lead / size;
  }).sort();
  const at = (share: number): number => resampled[Math.round(share * (draws - 1))] as number;
  return { difference: difference(clusters), low: at(0.025), high: at(0.975) };
}

interface Cluster {
  /** Right answers of the first less those of the second. */
  readonly lead: number;
  readonly size: number;
}

function clustersOf(answers: readonly PairedAnswer[]): Cluster[] {
  return [...Map.groupBy(answers, ({ question }) => question).values()].map((group) => ({
    lead: group.reduce((sum, { first, second }) => sum + Number(first) - Number(second), 0),
    size: group.length,
  }));
}

function difference(clusters: readonly Cluster[]): number {
  const sum = (of: (cluster: Cluster) => number) =>
    clusters.reduce((total, cluster) => total + of(cluster), 0);
  return sum(({ lead }) => lead) / sum(({ size }) => size);
}

/** P(X <= k) for X ~ Binomial(n, 1/2), in logarithms, which allows any n. */
function binomialTail(n: number, k: number): number {
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i);
    tail += Math.exp(logTerm);
  }
  return tail;
}
