import { z } from 'zod';

const tokens = z.array(z.int().min(0)).min(1);
const flag = z.boolean().nullish();
const none = z.null().optional();

/** Fields of every request for text; those of vLLM beside OpenAI's. What is not known is refused, never ignored. */
export const samplingFields = {
  /** The server's default model where absent. */
  model: z.string().min(1).max(256).optional(),
  n: z.int().min(1).nullish(),
  /** 0 is greedy. */
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  /** 0 and -1 keep all. */
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().nullish(),
  repetition_penalty: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  /** Drawn where absent. */
  seed: z.int().nullish(),
  stream: flag,
  stream_options: z.strictObject({ include_usage: flag }).nullish(),
  /** Callers of one name share their turns. */
  user: z.string().max(256).nullish(),
  /** vLLM's: the choices' tokens by their ids. */
  return_token_ids: flag,
  presence_penalty: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  logit_bias: none,
} as const;

/** `POST completions`. */
export const completionRequest = z.strictObject({
  ...samplingFields,
  prompt: z.union([z.string(), tokens, z.array(z.string()).min(1), z.array(tokens).min(1)]),
  max_tokens: z.int().nullish(),
  /** 0: the log-probability of every token that was drawn. */
  logprobs: z.int().nullish(),
  echo: z.literal(false).nullish(),
  suffix: none,
  best_of: none,
});
export type CompletionRequest = z.infer<typeof completionRequest>;

/** `POST chat/completions`. */
export const chatRequest = z.strictObject({
  ...samplingFields,
  messages: z.array(z.strictObject({ role: z.string(), content: z.string() })).min(1),
  max_tokens: z.int().nullish(),
  /** OpenAI's newer name of `max_tokens`. */
  max_completion_tokens: z.int().nullish(),
  logprobs: z.literal(false).nullish(),
  top_logprobs: none,
});
export type ChatRequest = z.infer<typeof chatRequest>;

/** Tokens of a request. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** A text's tokens; where no texts of single tokens are known, `token_id:<id>`, as vLLM writes them. */
export interface LogProbs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly number[];
  readonly top_logprobs: null;
  readonly text_offset: readonly number[];
}

/** One text of an answer. */
export interface CompletionChoice {
  readonly index: number;
  readonly text: string;
  readonly logprobs: LogProbs | null;
  /** null in a piece of a stream that goes on. */
  readonly finish_reason: 'stop' | 'length' | null;
  readonly token_ids?: readonly number[];
}

/** An answer of `completions`, or a piece of a streamed one. */
export interface CompletionAnswer {
  readonly id: string;
  readonly object: 'text_completion';
  /** Seconds since 1970. */
  readonly created: number;
  /** The name that was asked for. */
  readonly model: string;
  /** The model's digest, followed by `+` and the adapter's. */
  readonly system_fingerprint: string;
  readonly choices: readonly CompletionChoice[];
  readonly usage?: Usage;
}

/** What a client must find in an answer of `completions`, whatever server gives it. */
export const completionAnswer = z.object({
  model: z.string(),
  system_fingerprint: z.string().nullish(),
  choices: z
    .array(
      z.object({
        text: z.string(),
        finish_reason: z.enum(['stop', 'length']),
        logprobs: z.object({ token_logprobs: z.array(z.number()).min(1) }),
        token_ids: z.array(z.int().min(0)).nullish(),
        /** vLLM's: the stop string or token that ended the text, null for the model's own end. */
        stop_reason: z.union([z.string(), z.int()]).nullish(),
      }),
    )
    .length(1),
  usage: z.object({ prompt_tokens: z.int().min(0), completion_tokens: z.int().min(0) }).nullish(),
});
export type ReadCompletion = z.infer<typeof completionAnswer>;
