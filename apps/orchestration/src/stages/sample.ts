import type { common } from '@sipf/contracts';
import { fillQuota, samplingOf, type Path } from '@sipf/method';
import { putRecords, readRecords, ROWS, type StageResults } from '@sipf/runs';
import { withoutDuplicates } from './duplicates.ts';
import { unaskedOf } from './evaluate.ts';
import { policyOf } from './policy-stages.ts';
import { samplePaths } from './sample-paths.ts';
import { drawn, greedy } from './sampling-settings.ts';
import { dataOutput, type StageContext } from './stage-context.ts';

/** P_k: paths of M_{k-1}, labelled by outcome, without duplicates, within the quota (Eq. 1). */
export async function sample(context: StageContext<'sample'>): Promise<StageResults['sample']> {
  const { settings, stage, artifacts } = context;
  const problems = await readRecords(artifacts, dataOutput(context, 'loop'), ROWS.problems);
  const { quota } = samplingOf(stage.iteration, settings.sampling);
  const { paths: drawnPaths, unasked } = await samplePaths(context, problems, {
    model: policyOf(context),
    sampling: decodingOf(context),
    style: { kind: 'zero-shot' },
  });
  const unique = withoutDuplicates(context, drawnPaths);
  const kept = quota === undefined ? unique : fillQuota(unique, quota);
  const { digest } = await putRecords(artifacts, kept);
  return {
    outputs: { paths: digest },
    counts: {
      drawn: drawnPaths.length,
      unique: unique.length,
      positive: countOf(kept, 'correct'),
      negative: countOf(kept, 'wrong'),
      ...unknownOf(kept),
      ...unaskedOf(unasked),
    },
    figures: {},
  };
}

/** Drawn at a temperature, fewer each iteration; STaR's are the most probable path of each question. */
function decodingOf(context: StageContext<'sample'>): common.SamplingSettings {
  const { settings, stage, task } = context;
  if (stage.method.decoding === 'greedy') {
    return greedy(settings.sampling.maxNewTokens, task.stopStrings({ kind: 'zero-shot' }));
  }
  const { pathsPerQuestion: n } = samplingOf(stage.iteration, settings.sampling);
  return drawn(context, n, settings.sampling);
}

function countOf(paths: readonly Path[], outcome: Path['outcome']): number {
  return paths.filter((path) => path.outcome === outcome).length;
}

/** Absent where there are none. */
function unknownOf(paths: readonly Path[]): Pick<StageResults['sample']['counts'], 'unknown'> {
  const unknown = countOf(paths, 'unknown');
  return unknown === 0 ? {} : { unknown };
}
