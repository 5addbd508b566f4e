import { MAX_MESSAGES, MAX_TOP_LOG_PROBS, stopStringBounds } from '@sipf/contracts';
import { z } from 'zod';
import { bounded, flag, neutral, prompt, text, UINT32 } from './request-fields.ts';

const MAX_NAME = 256;

const count = z.int().min(0).max(UINT32).nullish();
const name = text.max(MAX_NAME).nullish();
const metadata = z
  .unknown()
  .refine((value) => value === undefined || (typeof value === 'object' && !Array.isArray(value)), {
    message: 'must be an object',
  })
  .optional();

/**
 * Fields that every engine honours: OpenAI's fields, and vLLM's beside them. Bounds that the service behind checks are not
 * repeated here.
 */
const sampling = {
  /** The server's default model where absent. */
  model: text.min(1).max(MAX_NAME).nullish(),
  n: z.int().min(1).max(UINT32).nullish(),
  /** 0 is greedy. */
  temperature: z.number().nullish(),
  /** 0 is the contract's word for absent, and leaves no token to draw. */
  top_p: z.number().gt(0).lte(1).nullish(),
  /** 0 and -1 keep all. */
  top_k: z.int().min(-1).max(UINT32).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  /** 0 is the contract's word for absent. */
  repetition_penalty: z.number().gt(0).lte(10).nullish(),
  stop: z.union([text, bounded(text, { max: stopStringBounds.count })]).nullish(),
  /** Drawn where absent. Larger ones than JSON's numbers hold exactly are for `x-sipf-seed`. */
  seed: z
    .int({ error: 'must be an integer from -(2^53 - 1) to 2^53 - 1; the header x-sipf-seed takes 64 bits' })
    .nullish(),
  stream: flag,
  stream_options: z
    .strictObject({
      include_usage: flag,
      include_obfuscation: neutral(false),
      continuous_usage_stats: neutral(false),
    })
    .nullish(),
  /** Callers of one name share their turns. */
  user: name,
  /** vLLM's: the choices' tokens by their ids. */
  return_token_ids: flag,
  /** vLLM's: tokens are named `token_id:<id>` instead of by their texts. */
  return_tokens_as_token_ids: flag,
} as const;

/** What passes because it changes no answer: labels of a request. */
const labels = {
  metadata,
  prompt_cache_key: name,
  safety_identifier: name,
  request_id: name,
  cache_salt: name,
} as const;

/** What is not done, with the values that ask for nothing. */
const undone = {
  presence_penalty: neutral(0),
  frequency_penalty: neutral(0),
  logit_bias: neutral({}),
  response_format: neutral({ type: 'text' }),
  store: neutral(false),
  service_tier: neutral('auto', 'default'),
  prompt_cache_retention: neutral(),
  use_beam_search: neutral(false),
  length_penalty: neutral(1),
  stop_token_ids: neutral([]),
  bad_words: neutral([]),
  logits_processors: neutral([]),
  allowed_token_ids: neutral(),
  include_stop_str_in_output: neutral(false),
  ignore_eos: neutral(false),
  min_tokens: neutral(0),
  skip_special_tokens: neutral(true),
  spaces_between_special_tokens: neutral(true),
  truncate_prompt_tokens: neutral(),
  structured_outputs: neutral(),
  guided_json: neutral(),
  guided_regex: neutral(),
  guided_choice: neutral(),
  guided_grammar: neutral(),
  priority: neutral(0),
  kv_transfer_params: neutral(),
  vllm_xargs: neutral(),
} as const;

/** `POST completions`; what is not known is refused, never ignored. */
export const completionRequest = z.strictObject({
  ...{ ...sampling, ...labels, ...undone },
  prompt,
  max_tokens: count,
  /** Log-probabilities of every token, and of that many most probable alternatives. */
  logprobs: z.union([z.literal(false), z.int().min(0).max(MAX_TOP_LOG_PROBS)]).nullish(),
  /** Puts the prompt before the text, and its tokens before the text's where log-probabilities are returned. */
  echo: flag,
  /** vLLM's: the same of the prompt alone, in a list of its own. */
  prompt_logprobs: z.int().min(0).max(MAX_TOP_LOG_PROBS).nullish(),
  /** Of so many samples the best are answered: all of them, where it is `n`. */
  best_of: z.int().min(1).max(UINT32).nullish(),
  suffix: neutral(''),
  prompt_embeds: neutral(),
  add_special_tokens: neutral(true),
});
export type CompletionRequest = z.infer<typeof completionRequest>;

const textPart = z.strictObject({ type: z.literal('text'), text });

const message = z.strictObject({
  role: text.min(1).max(64),
  /** Parts are lines, as vLLM joins them. */
  content: z.union([text, bounded(textPart, { min: 1, max: MAX_MESSAGES })]),
  /** Who speaks; templates of models say roles alone. */
  name,
  tool_calls: neutral([]),
  function_call: neutral(),
  refusal: neutral(),
  audio: neutral(),
  annotations: neutral([]),
  reasoning_content: neutral(),
});

/** `POST chat/completions`. */
export const chatRequest = z.strictObject({
  ...{ ...sampling, ...labels, ...undone },
  messages: bounded(message, { min: 1, max: MAX_MESSAGES }),
  max_tokens: count,
  /** OpenAI's newer name of `max_tokens`. */
  max_completion_tokens: count,
  logprobs: flag,
  /** With `logprobs`: of that many most probable tokens at each position. */
  top_logprobs: z.int().min(0).max(MAX_TOP_LOG_PROBS).nullish(),
  best_of: neutral(1),
  tools: neutral([]),
  tool_choice: neutral('none', 'auto'),
  functions: neutral([]),
  function_call: neutral('none', 'auto'),
  parallel_tool_calls: flag,
  modalities: neutral(['text']),
  audio: neutral(),
  prediction: neutral(),
  reasoning_effort: neutral('none'),
  verbosity: neutral('medium'),
  web_search_options: neutral(),
  echo: neutral(false),
  prompt_logprobs: neutral(),
  add_generation_prompt: neutral(true),
  continue_final_message: neutral(false),
  add_special_tokens: neutral(false),
  documents: neutral([]),
  chat_template: neutral(),
  chat_template_kwargs: neutral({}),
  mm_processor_kwargs: neutral(),
  include_reasoning: flag,
});
export type ChatRequest = z.infer<typeof chatRequest>;

/** What both have. */
export type SamplingRequest = Pick<CompletionRequest & ChatRequest, keyof typeof sampling>;
