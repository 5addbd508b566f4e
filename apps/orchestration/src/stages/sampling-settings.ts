import { common, type SamplingConfig } from '@sipf/contracts';
import { stageSeed, type StageContext } from './stage-context.ts';

/** `n` paths by a section's settings, seeded by the stage. */
export function drawn(
  context: Pick<StageContext, 'seed' | 'stage' | 'task'>,
  n: number,
  settings: SamplingConfig,
): common.SamplingSettings {
  return common.SamplingSettings.fromPartial({
    ...settings,
    n,
    stopStrings: context.task.stopStrings({ kind: 'zero-shot' }),
    seed: stageSeed(context),
  });
}

/** The one most probable path, as every reported figure is decoded. */
export function greedy(maxNewTokens: number, stopStrings: readonly string[]): common.SamplingSettings {
  return common.SamplingSettings.fromPartial({
    n: 1,
    maxNewTokens,
    stopStrings: [...stopStrings],
    greedy: true,
  });
}
