import { z } from 'zod';
import { BOUNDS, describeBound, isWithin, within, withZero } from '../bounds.ts';
import type { ArtifactRef, ModelRef, SamplingSettings } from '../generated/sipf/common/v1/common.ts';
import { MAX_STEPS, MAX_TEXT, stopStringBounds } from '../lengths.ts';
import { day } from '../settings/fields.ts';
import { samplingShape } from '../settings/sampling.ts';
import type { Checks } from './checks.ts';
import { checkNumbers } from './settings.ts';

/** Prompts, paths or rows of one request. */
export const MAX_BATCH = BOUNDS.itemsPerCall.max;
/** Samples, or roll-outs, of one prompt. */
export const MAX_SAMPLES = BOUNDS.samples.max;
export const MAX_NEW_TOKENS = BOUNDS.maxNewTokens.max;

export function checkModel(checks: Checks, model: ModelRef | undefined, field = 'model'): void {
  const nested = checks.nested(field);
  nested.digest(model?.digest ?? '', 'digest', { optional: true });
  nested.digest(model?.adapterDigest ?? '', 'adapter_digest', { optional: true });
}

/** Empty for the default. */
export function checkChatDay(checks: Checks, text: string): void {
  checks.require(text === '' || day.safeParse(text).success, 'chat_day', 'must be a day as YYYY-MM-DD');
}

export function checkArtifact(checks: Checks, artifact: ArtifactRef | undefined, field: string): void {
  if (!checks.require(artifact !== undefined, field, 'is required') || artifact === undefined) return;
  checks.nested(field).digest(artifact.digest, 'digest');
}

/** The temperature has a rule of its own. */
const withoutTemperature = z.object(samplingShape).omit({ temperature: true }).shape;

export function checkSampling(
  checks: Checks,
  sampling: SamplingSettings | undefined,
  { minNewTokens = 1 }: { readonly minNewTokens?: 0 | 1 } = {},
): void {
  if (!checks.require(sampling !== undefined, 'sampling', 'is required') || sampling === undefined) return;
  const nested = checks.nested('sampling');
  nested.within(sampling.n, 'n', BOUNDS.samples);
  checkNumbers(nested, sampling, withoutTemperature, {
    topP: withZero(BOUNDS.topP),
    repetitionPenalty: withZero(BOUNDS.repetitionPenalty),
    maxNewTokens: within(BOUNDS.maxNewTokens, { min: minNewTokens }),
  });
  checkTemperature(nested, sampling);
  checkStopStrings(nested, sampling.stopStrings);
}

function checkTemperature(checks: Checks, { greedy, n, temperature }: SamplingSettings): void {
  if (greedy) {
    checks.require(n <= 1, 'n', 'must be 1 for greedy decoding: every path would be the same');
    checks.within(temperature, 'temperature', withZero(BOUNDS.temperature));
    return;
  }
  checks.require(
    isWithin(temperature, BOUNDS.temperature),
    'temperature',
    `must be ${describeBound(BOUNDS.temperature)}, is ${temperature}; ask for greedy instead of 0`,
  );
}

function checkStopStrings(checks: Checks, stopStrings: readonly string[]): void {
  if (!checks.count(stopStrings, 'stop_strings', { min: 0, max: stopStringBounds.count })) return;
  for (const [index, stop] of stopStrings.entries()) {
    checks.text(stop, `stop_strings[${index}]`, { min: 1, max: stopStringBounds.characters });
  }
}

export function checkSteps(checks: Checks, steps: readonly string[]): void {
  if (!checks.count(steps, 'steps', { min: 1, max: MAX_STEPS })) return;
  for (const [index, step] of steps.entries()) {
    checks.require(step.trim() !== '', `steps[${index}]`, 'must not be empty');
    checks.text(step, `steps[${index}]`, { max: MAX_TEXT });
  }
}
