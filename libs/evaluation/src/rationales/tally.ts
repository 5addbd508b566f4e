import { accuracyOf, type Outcome } from '@sipf/method';
import { dimensionNames, type Dimension } from './dimensions.ts';
import type { Preference, Verdict } from './read-verdict.ts';

/** What a judge said of one question, asked in both orders. */
export interface BothOrders {
  /** With a's answer first. */
  readonly aFirst: Verdict | undefined;
  /** With b's answer first. */
  readonly bFirst: Verdict | undefined;
}

/** How two methods compare in one dimension. */
interface DimensionTally {
  readonly dimension: Dimension;
  /** In both orders a, b, or neither was better. */
  readonly a: number;
  readonly b: number;
  readonly ties: number;
  /** The orders disagree. */
  readonly inconsistent: number;
  /** Answers that could not be read, in at least one order. */
  readonly unread: number;
  /** a / (a + b), with Wilson's 95 % interval; absent if nothing was decided. */
  readonly winRate?: { readonly share: number; readonly low: number; readonly high: number } | undefined;
}

/** The whole comparison. */
export interface Tally {
  readonly questions: number;
  readonly dimensions: readonly DimensionTally[];
  /** Of all verdicts that name a winner, the share that name the answer shown first; 0.5 without a bias. */
  readonly firstShare?: number | undefined;
}

/** Counts what a judge said. */
export function tallyOf(judged: readonly BothOrders[]): Tally {
  return {
    questions: judged.length,
    dimensions: dimensionNames.map((dimension) => tallyDimension(dimension, judged)),
    firstShare: firstShareOf(judged),
  };
}

type Result = 'a' | 'b' | 'ties' | 'inconsistent' | 'unread';

function tallyDimension(dimension: Dimension, judged: readonly BothOrders[]): DimensionTally {
  const results = judged.map(({ aFirst, bFirst }) => resultOf(aFirst?.[dimension], bFirst?.[dimension]));
  const count = (result: Result): number => results.filter((one) => one === result).length;
  const [a, b] = [count('a'), count('b')];
  const [ties, inconsistent, unread] = [count('ties'), count('inconsistent'), count('unread')];
  return { dimension, a, b, ties, inconsistent, unread, winRate: winRateOf(a, b) };
}

function resultOf(aFirst: Preference | undefined, bFirst: Preference | undefined): Result {
  if (aFirst === undefined || bFirst === undefined) return 'unread';
  if (aFirst === 'tie' && bFirst === 'tie') return 'ties';
  if (aFirst === 'first' && bFirst === 'second') return 'a';
  return aFirst === 'second' && bFirst === 'first' ? 'b' : 'inconsistent';
}

function winRateOf(a: number, b: number): DimensionTally['winRate'] {
  if (a + b === 0) return undefined;
  const outcomes: Outcome[] = [...Array<Outcome>(a).fill('correct'), ...Array<Outcome>(b).fill('wrong')];
  const { accuracy: share, low, high } = accuracyOf(outcomes);
  return { share, low, high };
}

function firstShareOf(judged: readonly BothOrders[]): number | undefined {
  const verdicts = judged.flatMap(({ aFirst = {}, bFirst = {} }) => [
    ...Object.values(aFirst),
    ...Object.values(bFirst),
  ]);
  const decided = verdicts.filter((one) => one !== 'tie');
  return decided.length === 0 ? undefined : decided.filter((one) => one === 'first').length / decided.length;
}
