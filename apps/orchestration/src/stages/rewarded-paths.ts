import { pathKey, pathReward, type RewardAggregation, type RewardedPath } from '@sipf/method';
import { readRecords, ROWS } from '@sipf/runs';
import { inputOf, inputWhereMade, type StageContext } from './stage-context.ts';

/**
 * This iteration's paths with their rewards (Eq. 5). Where a method has no verifier they come without; where it has one,
 * those that it could not take whole are left out.
 */
export async function rewardedPaths(
  context: StageContext<'pair' | 'filter'>,
  aggregation: RewardAggregation,
): Promise<RewardedPath[]> {
  const { artifacts } = context;
  const paths = await readRecords(artifacts, inputOf(context, 'sample').outputs.paths, ROWS.paths);
  const scored = inputWhereMade(context, 'score');
  if (scored === undefined) return paths.map((path) => ({ path }));
  const scores = await readRecords(artifacts, scored.outputs.scores, ROWS.scores);
  const byPath = new Map(scores.map(({ path, probabilities }) => [path, probabilities]));
  return paths.flatMap((path) => {
    const probabilities = byPath.get(pathKey(path)) ?? [];
    if (probabilities.length === 0) return [];
    return [{ path, reward: pathReward(probabilities, aggregation), stepScores: probabilities }];
  });
}
