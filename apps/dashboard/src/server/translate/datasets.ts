import { browse } from '@sipf/contracts';
import type {
  Curve,
  OutcomeName,
  Pair,
  PairOrderName,
  Path,
  PathOrderName,
  StageCurves,
} from '../../api/model.ts';

const { PathOutcome, PathOrder, PairOrder } = browse;

/** The proto's outcome for the page's; no outcome means all. */
export const outcomeNamed = {
  correct: PathOutcome.CORRECT,
  wrong: PathOutcome.WRONG,
  unknown: PathOutcome.UNKNOWN,
} as const satisfies Record<OutcomeName, browse.PathOutcome>;

export const pathOrderNamed = {
  sampled: PathOrder.UNSPECIFIED,
  'reward-down': PathOrder.REWARD_DESCENDING,
  'reward-up': PathOrder.REWARD_ASCENDING,
  'log-prob-down': PathOrder.LOG_PROB_DESCENDING,
  'steps-down': PathOrder.STEPS_DESCENDING,
} as const satisfies Record<PathOrderName, browse.PathOrder>;

export const pairOrderNamed = {
  made: PairOrder.UNSPECIFIED,
  'difference-down': PairOrder.DIFFERENCE_DESCENDING,
  'difference-up': PairOrder.DIFFERENCE_ASCENDING,
} as const satisfies Record<PairOrderName, browse.PairOrder>;

const OUTCOME_NAMES: Readonly<Record<browse.PathOutcome, OutcomeName>> = {
  [PathOutcome.UNSPECIFIED]: 'unknown',
  [PathOutcome.CORRECT]: 'correct',
  [PathOutcome.WRONG]: 'wrong',
  [PathOutcome.UNKNOWN]: 'unknown',
};

/** A path for the page. */
export function pathOf({ outcome, ...path }: browse.BrowsedPath): Path {
  return { ...path, outcome: OUTCOME_NAMES[outcome] };
}

/** A pair for the page; undefined for a pair that lacks a path. */
export function pairOf({ chosen, rejected, difference }: browse.BrowsedPair): Pair[] {
  if (chosen === undefined || rejected === undefined) return [];
  return [{ chosen: pathOf(chosen), rejected: pathOf(rejected), difference }];
}

/** Curves for the page: JSON has no NaN. */
export function curvesOf({ stage, steps, curves, recordedSteps }: browse.StreamCurvesResponse): StageCurves {
  return { stage, steps, curves: curves.map(curveOf), recordedSteps: Number(recordedSteps) };
}

function curveOf({ name, mean, low, high }: browse.Curve): Curve {
  const finite = (values: readonly number[]) =>
    values.map((value) => (Number.isFinite(value) ? value : null));
  return { name, mean: finite(mean), low: finite(low), high: finite(high) };
}
