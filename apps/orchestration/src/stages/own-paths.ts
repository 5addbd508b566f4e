import { chooseOwnPaths, type Path } from '@sipf/method';
import type { StageResult } from '@sipf/runs';
import { withoutDuplicates } from './duplicates.ts';
import { putRecords, readRecords } from './records.ts';
import { rewardedPaths } from './rewarded-paths.ts';
import { inputOf, type StageContext } from './stage-context.ts';

/** The own paths that RFT, pRFT and STaR learn from: of this iteration's, and of those before where they accumulate. */
export async function filter(context: StageContext): Promise<StageResult> {
  const { config, stage, artifacts } = context;
  if (stage.method?.kind !== 'filter') throw new RangeError(`stage ${stage.id} chooses no paths`);
  const { by, accumulate } = stage.method;
  const { minReward, aggregation } = config.filter;
  const latest = chooseOwnPaths(await rewardedPaths(context, aggregation), { by, minReward });
  const earlier =
    accumulate && stage.reads.filter !== undefined
      ? await readRecords<Path>(artifacts, inputOf(context, 'filter', 'paths'))
      : [];
  const paths = withoutDuplicates(context, [...earlier, ...latest]);
  const { digest } = await putRecords(artifacts, paths);
  return { outputs: { paths: digest }, counts: { latest: latest.length, paths: paths.length }, figures: {} };
}
