import type { ArtifactRef, ModelRef, SamplingSettings } from '../generated/sipf/common/v1/common.ts';
import type { Checks } from './checks.ts';

/** Longest text of a prompt, question, step or program, in characters. */
export const MAX_TEXT = 1_000_000;
/** Prompts, paths or rows of one request. */
export const MAX_BATCH = 4096;
/** Steps of one path. */
export const MAX_STEPS = 256;
/** Samples, or roll-outs, of one prompt. */
export const MAX_SAMPLES = 1024;
export const MAX_NEW_TOKENS = 65_536;

export function checkModel(checks: Checks, model: ModelRef | undefined, field = 'model'): void {
  const nested = checks.nested(field);
  nested.digest(model?.digest ?? '', 'digest', { optional: true });
  nested.digest(model?.adapterDigest ?? '', 'adapter_digest', { optional: true });
}

export function checkArtifact(checks: Checks, artifact: ArtifactRef | undefined, field: string): void {
  if (!checks.require(artifact !== undefined, field, 'is required') || artifact === undefined) return;
  checks.nested(field).digest(artifact.digest, 'digest');
}

export function checkSampling(checks: Checks, sampling: SamplingSettings | undefined): void {
  if (!checks.require(sampling !== undefined, 'sampling', 'is required') || sampling === undefined) return;
  const nested = checks.nested('sampling');
  nested.integer(sampling.n, 'n', { min: 1, max: MAX_SAMPLES });
  nested.integer(sampling.maxNewTokens, 'max_new_tokens', { min: 1, max: MAX_NEW_TOKENS });
  nested.count(sampling.stopStrings, 'stop_strings', { min: 0, max: 16 });
  for (const [index, stop] of sampling.stopStrings.entries()) {
    nested.text(stop, `stop_strings[${index}]`, { min: 1, max: 256 });
  }
  nested.number(sampling.repetitionPenalty, 'repetition_penalty', { min: 0, max: 10 });
  if (sampling.greedy) {
    nested.require(sampling.n <= 1, 'n', 'must be 1 for greedy decoding: every path would be the same');
    return;
  }
  const { temperature } = sampling;
  nested.require(
    Number.isFinite(temperature) && temperature > 0 && temperature <= 100,
    'temperature',
    `must be over 0 and at most 100, is ${temperature}; ask for greedy instead of 0`,
  );
  nested.number(sampling.topP, 'top_p', { min: 0, max: 1 });
  nested.number(sampling.minP, 'min_p', { min: 0, max: 1 });
}

export function checkSteps(checks: Checks, steps: readonly string[]): void {
  if (!checks.count(steps, 'steps', { min: 1, max: MAX_STEPS })) return;
  for (const [index, step] of steps.entries()) {
    checks.require(step.trim() !== '', `steps[${index}]`, 'must not be empty');
    checks.text(step, `steps[${index}]`, { max: MAX_TEXT });
  }
}
