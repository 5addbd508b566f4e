import { common, samplingShape, seed } from '@sipf/contracts';
import { text } from '@sipf/service';
import { z } from 'zod';
import type { FlagsOf } from './define-command.ts';

/** Flags that say how tokens are drawn. */
export const samplingFlags = {
  ...samplingShape,
  temperature: samplingShape.temperature.unwrap().default(1),
  maxNewTokens: samplingShape.maxNewTokens.default(256),
  stop: z.array(text('text')).default([]).describe('texts before which a completion ends'),
  seed: seed.meta({ value: 'number', description: 'the same seed gives the same texts' }),
} as const;

/** @param n paths a prompt; roll-outs, for labels */
export function samplingSettings(
  { stop, seed: drawnBy, ...flags }: FlagsOf<typeof samplingFlags>,
  { n, greedy }: { readonly n: number; readonly greedy: boolean },
): common.SamplingSettings {
  return common.SamplingSettings.fromPartial({
    ...flags,
    ...{ n, greedy, stopStrings: stop, seed: BigInt(drawnBy) },
  });
}
