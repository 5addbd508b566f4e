import { common } from '@sipf/contracts';
import { stageSeed, type StageContext } from './stage-context.ts';

/** Sampling with temperature, seeded by the stage. */
export function drawn(
  context: StageContext,
  settings: {
    readonly n: number;
    readonly temperature: number;
    readonly topK: number;
    readonly topP: number;
    readonly maxNewTokens: number;
  },
): common.SamplingSettings {
  return common.SamplingSettings.fromPartial({
    ...settings,
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
