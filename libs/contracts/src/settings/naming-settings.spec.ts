import { expect, it } from 'vitest';
import { namingSettings } from './naming-settings.ts';

const FLAGS: Readonly<Record<string, string>> = { warmupRatio: '--warmup-ratio', maxSteps: '--max-steps' };
const flagOf = (name: string): string | undefined => (Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined);

it.each([
  ['schedule.warmupRatio makes the one update warm-up', '--warmup-ratio makes the one update warm-up'],
  ['epochs or maxSteps must be given', 'epochs or --max-steps must be given'],
  ['tensor model.lmHead is missing in toString', 'tensor model.lmHead is missing in toString'],
])('calls settings in "%s" as their giver does', (text, words) => {
  expect(namingSettings(text, flagOf)).toBe(words);
});
