import type { common } from '@sipf/contracts';
import type { GenerationRequest } from '@sipf/inference';

/** A request's sampling settings for prompts of which each leaves room for `maxNewTokens` tokens of its own. */
function toSampling(settings: common.SamplingSettings, maxNewTokens: number): GenerationRequest['sampling'] {
  const { greedy, stopStrings, temperature, topK, topP, minP } = settings;
  // 0 is proto's absent value, and makes no sense as a penalty or as a probability mass.
  const repetitionPenalty = settings.repetitionPenalty === 0 ? 1 : settings.repetitionPenalty;
  if (greedy) return { greedy, repetitionPenalty, stopStrings, maxNewTokens };
  const filters = { temperature, topK, topP: topP === 0 ? 1 : topP, minP };
  return { ...filters, repetitionPenalty, stopStrings, maxNewTokens };
}

/**
 * One prompt as a request to a generator. Its samples depend on the model, the prompt, the settings, their seed and `key`
 * alone, so a call that is repeated, or split in two, gives the same ones.
 * @param prompt.promptIds fewer than `prompt.longest`, the model's longest sequence in tokens
 */
export function toRequest(
  prompt: {
    readonly key: string;
    readonly promptIds: readonly number[];
    /** See GenerationRequest. */
    readonly promptText?: string | undefined;
    readonly longest: number;
  },
  settings: common.SamplingSettings,
): GenerationRequest {
  const { key, promptIds, promptText, longest } = prompt;
  const maxNewTokens = Math.min(settings.maxNewTokens, longest - promptIds.length);
  const sampling = toSampling(settings, maxNewTokens);
  return { promptIds, promptText, n: settings.n, seed: String(settings.seed), key, sampling };
}
