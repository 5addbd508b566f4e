import { BOUNDS, type common } from '@sipf/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import { inBound } from './fields.ts';

/** Flags that say how tokens are drawn. */
export const samplingShape = {
  temperature: inBound(BOUNDS.temperature),
  topK: inBound(BOUNDS.topK),
  topP: inBound(BOUNDS.topP),
  minP: inBound(BOUNDS.minP),
  repetitionPenalty: inBound(BOUNDS.repetitionPenalty),
  maxNewTokens: inBound(BOUNDS.maxNewTokens),
  stop: z.array(z.string().min(1, 'must not be empty')),
  seed: inBound(BOUNDS.seed),
} as const;

export function addSamplingOptions(command: Command): Command {
  return command
    .option('--temperature <number>', 'softmax temperature', '1')
    .option('--top-k <count>', 'keep the k most probable tokens; 0 keeps all', '0')
    .option('--top-p <share>', 'keep the smallest set of tokens with this probability mass', '1')
    .option('--min-p <share>', 'drop tokens less probable than this share of the most probable one', '0')
    .option('--repetition-penalty <factor>', 'over 1 makes tokens that were there already less likely', '1')
    .option('--max-new-tokens <count>', 'longest completion', '256')
    .option('--stop <text...>', 'texts before which a completion ends', [])
    .option('--seed <number>', 'the same seed gives the same texts', '1');
}

/** @param n paths a prompt; roll-outs, for labels */
export function samplingSettings(
  flags: z.infer<z.ZodObject<typeof samplingShape>>,
  { n, greedy }: { readonly n: number; readonly greedy: boolean },
): common.SamplingSettings {
  const { temperature, topK, topP, minP, repetitionPenalty, maxNewTokens, stop, seed } = flags;
  const filters = { temperature, topK, topP, minP, repetitionPenalty };
  return { n, greedy, ...filters, maxNewTokens, stopStrings: stop, seed: BigInt(seed) };
}
