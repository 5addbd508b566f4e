import { chooseOwnPaths } from '@sipf/method';
import { putRecords, readRecords, ROWS, type StageResults } from '@sipf/runs';
import { withoutDuplicates } from './duplicates.ts';
import { rewardedPaths } from './rewarded-paths.ts';
import { inputWhereMade, type StageContext } from './stage-context.ts';

/** The own paths that RFT, pRFT and STaR learn from: of this iteration's, and of those before where they accumulate. */
export async function filter(context: StageContext<'filter'>): Promise<StageResults['filter']> {
  const { settings, stage, artifacts } = context;
  const { by, accumulate } = stage.method;
  const { minReward, aggregation } = settings.filter;
  const latest = chooseOwnPaths(await rewardedPaths(context, aggregation), { by, minReward });
  const before = accumulate ? inputWhereMade(context, 'filter') : undefined;
  const earlier = before === undefined ? [] : await readRecords(artifacts, before.outputs.paths, ROWS.paths);
  const paths = withoutDuplicates(context, [...earlier, ...latest]);
  const { digest } = await putRecords(artifacts, paths);
  return { outputs: { paths: digest }, counts: { latest: latest.length, paths: paths.length }, figures: {} };
}
