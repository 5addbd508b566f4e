import { expect, it } from 'vitest';
import { z } from 'zod';
import { namingFlags } from './naming-flags.ts';

const shape = { warmupRatio: z.number(), epochs: z.number(), maxSteps: z.int() };

it.each([
  ['schedule.warmupRatio makes the one update warm-up', '--warmup-ratio makes the one update warm-up'],
  ['epochs or maxSteps must be given', 'epochs or --max-steps must be given'],
  ['tensor model.lmHead is missing in toString', 'tensor model.lmHead is missing in toString'],
])('calls settings in "%s" as the command does', (text, words) => {
  expect(namingFlags(text, shape)).toBe(words);
});
