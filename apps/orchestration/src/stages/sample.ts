import type { common } from '@sipf/contracts';
import { fillQuota, samplingOf, type Path } from '@sipf/method';
import type { Problem } from '@sipf/tasks';
import { DATA, type StageResult } from '@sipf/runs';
import { withoutDuplicates } from './duplicates.ts';
import { policyOf } from './policy-stages.ts';
import { putRecords, readRecords } from './records.ts';
import { samplePaths } from './sample-paths.ts';
import { drawn, greedy } from './sampling-settings.ts';
import { outputOf, type StageContext } from './stage-context.ts';

/** P_k: paths of M_{k-1}, labelled by outcome, without duplicates, within the quota (Eq. 1). */
export async function sample(context: StageContext): Promise<StageResult> {
  const { config, stage, artifacts } = context;
  const problems = await readRecords<Problem>(artifacts, outputOf(context, DATA, 'loop'));
  const { quota } = samplingOf(stage.iteration, config.sampling);
  const drawnPaths = await samplePaths(context, problems, {
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
    },
    figures: {},
  };
}

/** Drawn at a temperature, fewer each iteration; STaR's are the most probable path of each question. */
function decodingOf(context: StageContext): common.SamplingSettings {
  const { config, stage, task } = context;
  if (stage.method?.kind === 'sample' && stage.method.decoding === 'greedy') {
    return greedy(config.sampling.maxNewTokens, task.stopStrings({ kind: 'zero-shot' }));
  }
  const { pathsPerQuestion: n } = samplingOf(stage.iteration, config.sampling);
  return drawn(context, n, config.sampling);
}

function countOf(paths: readonly Path[], outcome: Path['outcome']): number {
  return paths.filter((path) => path.outcome === outcome).length;
}

/** Told only where there are any. */
function unknownOf(paths: readonly Path[]): Record<string, number> {
  const unknown = countOf(paths, 'unknown');
  return unknown === 0 ? {} : { unknown };
}
