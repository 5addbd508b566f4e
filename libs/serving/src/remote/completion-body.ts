import { SipfError } from '@sipf/errors';
import type { GenerationOrder } from '@sipf/inference';
import { createRng } from '@sipf/random';
import type { Backend } from './backend-settings.ts';

/** One sample of an order. */
export interface WantedSample {
  readonly order: GenerationOrder;
  readonly promptText: string | undefined;
  readonly sampleIndex: number;
}

/** Seeds below this are taken by every server. */
const SEEDS = 2 ** 31;

/**
 * The body of a request for one sample. Its seed is drawn from what names the sample, so that a repeated request gives the
 * same text on a server whose samples do not depend on their company.
 * @param model the server's name of it
 * @throws SipfError failed-precondition BACKEND_REFUSED for settings that OpenAI's own fields cannot say
 */
export function completionBody(
  model: string,
  wanted: WantedSample,
  backend: Pick<Backend, 'dialect' | 'prompt'>,
): Record<string, unknown> {
  const { order, promptText, sampleIndex } = wanted;
  const { sampling, seed, key } = order;
  const { stopStrings, greedy } = sampling;
  const isText = backend.prompt === 'text' && promptText !== undefined;
  return {
    model,
    prompt: isText ? promptText : order.promptIds,
    n: 1,
    max_tokens: sampling.maxNewTokens,
    temperature: greedy ? 0 : sampling.temperature,
    ...(greedy ? {} : { top_p: sampling.topP, seed: streamOf(seed, key, sampleIndex).integer(SEEDS) }),
    ...(stopStrings.length === 0 ? {} : { stop: stopStrings }),
    logprobs: 0,
    ...ownFields(order, backend.dialect),
  };
}

/**
 * What names the sample, for a server of ours, which then draws the very numbers that this process would; no other server
 * looks at it.
 */
export function sampleHeaders({ order: { seed, key }, sampleIndex }: WantedSample): Record<string, string> {
  return {
    'x-sipf-seed': seed,
    'x-sipf-prompt-id': encodeURIComponent(key),
    'x-sipf-sample-index': String(sampleIndex),
  };
}

function streamOf(seed: string, key: string, sampleIndex: number) {
  return createRng(seed).split(key).split(`sample/${sampleIndex}`).split('backend');
}

/** Said even where they filter nothing: vLLM otherwise takes the model's generation_config.json. */
function ownFields({ sampling }: GenerationOrder, dialect: Backend['dialect']): Record<string, unknown> {
  const { greedy, topK, minP, repetitionPenalty } = sampling;
  const filters = greedy ? { top_k: 0, min_p: 0 } : { top_k: topK, min_p: minP };
  if (dialect === 'vllm') {
    return { ...filters, repetition_penalty: repetitionPenalty, return_token_ids: true };
  }
  if (filters.top_k === 0 && filters.min_p === 0 && repetitionPenalty === 1) return {};
  const message = 'this backend takes neither top_k nor min_p nor repetition_penalty';
  throw new SipfError('failed-precondition', message, { reason: 'BACKEND_REFUSED' });
}
