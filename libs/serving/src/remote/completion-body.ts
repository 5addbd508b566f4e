import { ENGINE_TAKES } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { ResolvedRequest } from '@sipf/inference';
import { createRng } from '@sipf/random';
import type { Backend } from './backend-settings.ts';

/** Seeds below this are taken by every server. */
const SEEDS = 2 ** 31;
/** Most stop strings that OpenAI's API and vLLM take; what further ones end is cut here. */
const MOST_STOPS = ENGINE_TAKES.openai.stopStrings;

/**
 * The body of a request for one sample. Its seed is drawn from what names the sample, so that a repeated request gives the
 * same text on a server whose samples do not depend on their company.
 * @param model the server's name of it
 * @param request of one sample
 * @throws SipfError failed-precondition BACKEND_REFUSED for settings that OpenAI's own fields cannot express
 */
export function completionBody(
  model: string,
  request: ResolvedRequest,
  backend: Pick<Backend, 'dialect' | 'prompt'>,
): Record<string, unknown> {
  const { promptText, firstSampleIndex, sampling, seed, key } = request;
  const { stopStrings, greedy } = sampling;
  const isText = backend.prompt === 'text' && promptText !== undefined;
  return {
    model,
    prompt: isText ? promptText : request.promptIds,
    n: 1,
    // No server reads without writing; what it writes then is dropped.
    max_tokens: Math.max(sampling.maxNewTokens, 1),
    temperature: greedy ? 0 : sampling.temperature,
    ...(greedy ? {} : { top_p: sampling.topP, seed: streamOf(seed, key, firstSampleIndex).integer(SEEDS) }),
    ...(stopStrings.length === 0 ? {} : { stop: stopStrings.slice(0, MOST_STOPS) }),
    logprobs: request.topLogProbs,
    ...ownFields(request, backend.dialect),
  };
}

/**
 * What names the sample, for a server of ours, which then draws the very numbers that this process would; no other server
 * looks at it.
 */
export function sampleHeaders({ seed, key, firstSampleIndex }: ResolvedRequest): Record<string, string> {
  return {
    'x-sipf-seed': seed,
    'x-sipf-prompt-id': encodeURIComponent(key),
    'x-sipf-sample-index': String(firstSampleIndex),
  };
}

function streamOf(seed: string, key: string, sampleIndex: number) {
  return createRng(seed).split(key).split(`sample/${sampleIndex}`).split('backend');
}

/** Sent even where they filter nothing: vLLM otherwise takes the model's generation_config.json. */
function ownFields(request: ResolvedRequest, dialect: Backend['dialect']): Record<string, unknown> {
  const { sampling, topLogProbs, promptLogProbs } = request;
  const { greedy, topK, minP, repetitionPenalty } = sampling;
  const filters = greedy ? { top_k: 0, min_p: 0 } : { top_k: topK, min_p: minP };
  if (dialect === 'vllm') {
    const { min: lowest } = ENGINE_TAKES.vllm.temperature;
    if (!greedy && sampling.temperature < lowest)
      throw refused(`draws at ${lowest} where a lower temperature is asked for`, 'sampling.temperature');
    return {
      ...{ ...filters, repetition_penalty: repetitionPenalty, return_token_ids: true },
      ...(topLogProbs === 0 ? {} : { return_tokens_as_token_ids: true }),
      ...(promptLogProbs ? { prompt_logprobs: topLogProbs } : {}),
    };
  }
  if (sampling.stopStrings.length > MOST_STOPS) {
    throw refused(
      `takes ${MOST_STOPS} stop strings at most where it returns no token ids`,
      'sampling.stop_strings',
    );
  }
  if (topLogProbs > 0 || promptLogProbs) {
    throw refused(
      'names tokens by ids with --backend-dialect vllm alone',
      topLogProbs > 0 ? 'top_log_probs' : 'return_prompt_details',
    );
  }
  if (filters.top_k === 0 && filters.min_p === 0 && repetitionPenalty === 1) return {};
  const wanted = filters.top_k !== 0 ? 'top_k' : filters.min_p !== 0 ? 'min_p' : 'repetition_penalty';
  throw refused('takes neither top_k nor min_p nor repetition_penalty', `sampling.${wanted}`);
}

function refused(why: string, field: string): SipfError {
  return new SipfError('failed-precondition', `this backend ${why}`, {
    reason: 'BACKEND_REFUSED',
    violations: [{ field, description: `cannot be asked of this backend, which ${why}` }],
  });
}
