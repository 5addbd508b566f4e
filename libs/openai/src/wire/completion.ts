import { z } from 'zod';

/** Tokens of a request. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** A text's tokens by their own texts; `token_id:<id>`, as vLLM writes them, for those that are not whole characters. */
export interface LogProbs {
  readonly tokens: readonly string[];
  /** null for a prompt's first token, before which nothing is. */
  readonly token_logprobs: readonly (number | null)[];
  /** The most probable tokens at each position and the token itself; null if none are requested. */
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[] | null;
  /** In Unicode code points; empty where the tokens do not say the very text. */
  readonly text_offset: readonly number[];
}

/**
 * vLLM's `prompt_logprobs`: of every token of the prompt, by ids, the token itself and the most probable ones; null for the
 * first.
 */
export type PromptLogProbs = readonly (Readonly<Record<string, PromptLogProb>> | null)[];

/** One token at a position. */
export interface PromptLogProb {
  readonly logprob: number;
  /** From 1; null for a token that is not among the listed most probable ones. */
  readonly rank: number | null;
  readonly decoded_token: string;
}

/** A token of a conversation's answer. */
export interface ChatToken {
  readonly token: string;
  readonly logprob: number;
  /** Of UTF-8; null for a token that is not a whole character. */
  readonly bytes: readonly number[] | null;
}

/** Log-probabilities of a conversation's answer. */
export interface ChatLogProbs {
  readonly content: readonly (ChatToken & { readonly top_logprobs: readonly ChatToken[] })[];
}

/** One text of an answer. */
export interface CompletionChoice {
  readonly index: number;
  readonly text: string;
  readonly logprobs: LogProbs | null;
  /** null in a piece of a stream that goes on. */
  readonly finish_reason: 'stop' | 'length' | null;
  readonly token_ids?: readonly number[];
  readonly prompt_logprobs?: PromptLogProbs;
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

/** As far as rounding goes. */
const logProb = z.number().max(1e-3, 'must be a log-probability, at most 0');

/** What a client must find in an answer of `completions` with one choice, whatever server gives it. */
export const completionAnswer = z.object({
  object: z.literal('text_completion').nullish(),
  model: z.string(),
  system_fingerprint: z.string().nullish(),
  choices: z
    .array(
      z.object({
        index: z.literal(0, 'must be 0, as the one that was asked for').nullish(),
        text: z.string(),
        finish_reason: z.enum(['stop', 'length']),
        logprobs: z.object({
          token_logprobs: z.array(logProb).min(1),
          top_logprobs: z.array(z.record(z.string(), logProb).nullable()).nullish(),
        }),
        token_ids: z.array(z.int().min(0)).nullish(),
        /** vLLM's: the stop string or token that ended the text, null for the model's own end. */
        stop_reason: z.union([z.string(), z.int()]).nullish(),
        /** vLLM's, see PromptLogProbs. */
        prompt_logprobs: z
          .array(z.record(z.string(), z.object({ logprob: logProb, rank: z.int().nullish() })).nullable())
          .nullish(),
      }),
    )
    .length(1, 'must be one, as was asked for'),
  usage: z.object({ prompt_tokens: z.int().min(0), completion_tokens: z.int().min(0) }).nullish(),
});
export type ReadCompletion = z.infer<typeof completionAnswer>;
