import { verification } from '@sipf/contracts';
import { pathLogReward, pathRewards, probabilityOf, type RewardAggregation } from '@sipf/method';

const NAMES: ReadonlyMap<verification.Aggregation, RewardAggregation> = new Map([
  [verification.Aggregation.MEAN, 'mean'],
  [verification.Aggregation.MIN, 'min'],
  [verification.Aggregation.PRODUCT, 'product'],
  [verification.Aggregation.LAST, 'last'],
]);

/** The aggregates that a request may want, as `Info` reports them. */
export const AGGREGATIONS: readonly verification.Aggregation[] = [...NAMES.keys()];

/**
 * The wanted aggregates of a path's probabilities (Eq. 5 and its alternatives).
 * @param logOdds log(V / (1 - V)) of each step
 * @param wanted empty: all
 */
export function aggregatesOf(
  logOdds: readonly number[],
  wanted: readonly verification.Aggregation[],
): verification.Aggregates {
  const all = pathRewards(logOdds.map(probabilityOf));
  const names = (wanted.length === 0 ? AGGREGATIONS : wanted).flatMap((one) => NAMES.get(one) ?? []);
  return verification.Aggregates.fromPartial({
    ...Object.fromEntries(names.map((name) => [name, all[name]])),
    ...(names.includes('product') ? { logProduct: pathLogReward(logOdds, 'product') } : {}),
  });
}
