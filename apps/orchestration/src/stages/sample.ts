import {
  codeDuplicateThreshold,
  deduplicateCode,
  deduplicateMath,
  fillQuota,
  quotaOf,
  type Path,
} from '@sipf/method';
import type { Problem } from '@sipf/tasks';
import type { StageResult } from '../log/run-log.ts';
import { DATA } from '@sipf/planning';
import { policyOf } from './policy-stages.ts';
import { putRecords, readRecords } from './records.ts';
import { samplePaths } from './sample-paths.ts';
import { drawn } from './sampling-settings.ts';
import { outputOf, type StageContext } from './stage-context.ts';

/** P_k: paths of M_{k-1}, labelled by outcome, without duplicates, within the quota (Eq. 1). */
export async function sample(context: StageContext): Promise<StageResult> {
  const { config, stage, artifacts } = context;
  const problems = await readRecords<Problem>(artifacts, outputOf(context, DATA, 'loop'));
  const { pathsPerQuestion, divisor, quota } = config.sampling;
  const n = Math.max(1, Math.floor(pathsPerQuestion / divisor ** (stage.iteration - 1)));
  const drawnPaths = await samplePaths(context, problems, {
    model: policyOf(context),
    sampling: drawn(context, n, config.sampling),
    style: { kind: 'zero-shot' },
  });
  const unique = withoutDuplicates(context, drawnPaths);
  const kept =
    quota === undefined ? unique : fillQuota(unique, quotaOf(stage.iteration, { first: quota, divisor }));
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

/** Math by calculations, code by edit distance (Eq. 1). */
function withoutDuplicates({ config, task }: StageContext, paths: readonly Path[]): Path[] {
  if (task.domain === 'math') return deduplicateMath(paths, (text) => task.calculations(text));
  const { duplicateThreshold: threshold = codeDuplicateThreshold } = config.sampling;
  return deduplicateCode(paths, { language: task.language, threshold });
}

function countOf(paths: readonly Path[], outcome: Path['outcome']): number {
  return paths.filter((path) => path.outcome === outcome).length;
}

/** Told only where there are any. */
function unknownOf(paths: readonly Path[]): Record<string, number> {
  const unknown = countOf(paths, 'unknown');
  return unknown === 0 ? {} : { unknown };
}
