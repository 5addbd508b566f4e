import { verification } from '@sipf/contracts';
import { pathRewards, type RewardAggregation } from '@sipf/method';

const NAMES: ReadonlyMap<verification.Aggregation, RewardAggregation> = new Map([
  [verification.Aggregation.MEAN, 'mean'],
  [verification.Aggregation.MIN, 'min'],
  [verification.Aggregation.PRODUCT, 'product'],
  [verification.Aggregation.LAST, 'last'],
]);

/** What a request may ask for, as `Info` tells it. */
export const AGGREGATIONS: readonly verification.Aggregation[] = [...NAMES.keys()];

/**
 * The aggregates of a path's probabilities (Eq. 5 and its alternatives) that are wanted.
 * @param wanted empty: all
 */
export function aggregatesOf(
  probabilities: readonly number[],
  wanted: readonly verification.Aggregation[],
): verification.Aggregates {
  const all = pathRewards(probabilities);
  const names = (wanted.length === 0 ? AGGREGATIONS : wanted).flatMap((one) => NAMES.get(one) ?? []);
  return verification.Aggregates.fromPartial(Object.fromEntries(names.map((name) => [name, all[name]])));
}
