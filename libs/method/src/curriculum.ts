import { checkCount, checkSetting } from './check-setting.ts';
import { quotaOf, type Quota, type QuotaSettings } from './quotas.ts';

/** What one iteration draws and keeps of a question. */
export interface IterationSampling {
  /** Paths drawn. */
  readonly pathsPerQuestion: number;
  /** All drawn paths if absent. */
  readonly quota?: Quota | undefined;
}

/** How paths are sampled over the iterations. */
export interface SamplingPlan extends IterationSampling {
  readonly divisor: QuotaSettings['divisor'];
  /**
   * What iterations 1, 2, ... draw and keep, the last entry for all that follow; it goes beyond the paper, whose
   * iterations are the one before divided (Eq. 1).
   */
  readonly curriculum?: readonly IterationSampling[] | undefined;
}

/** What an iteration draws and keeps. @param iteration k, from 1 */
export function samplingOf(iteration: number, plan: SamplingPlan): IterationSampling {
  checkCount(iteration, 'iteration', 1);
  const { curriculum, divisor, quota, pathsPerQuestion } = plan;
  if (curriculum !== undefined) {
    checkSetting(curriculum.length > 0, 'sampling.curriculum', 'must not be empty');
    return curriculum[Math.min(iteration, curriculum.length) - 1] as IterationSampling;
  }
  const share = Math.max(1, Math.floor(pathsPerQuestion / divisor ** (iteration - 1)));
  return {
    pathsPerQuestion: share,
    ...(quota === undefined ? {} : { quota: quotaOf(iteration, { first: quota, divisor }) }),
  };
}
