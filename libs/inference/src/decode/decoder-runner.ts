import type { TokenLogProbs } from '../sampling/ranked-tokens.ts';
import type { DecodeBatch } from './decode-batch.ts';
import type { PromptCache } from './prompt-cache.ts';

/** A prompt to be read. */
export interface UnreadPrompt {
  readonly ids: readonly number[];
  /** Tokens whose log-probabilities are wanted; none where absent. */
  readonly wanted?: WantedTokens | undefined;
}

/** The tokens that follow each token that is read, and how many of the most probable ones are wanted beside each. */
export interface WantedTokens {
  readonly tokens: readonly number[];
  readonly top: number;
}

/** A prompt that has been read. */
export interface ReadPrompt {
  readonly cache: PromptCache;
  /** Of the wanted tokens. */
  readonly logProbs: readonly TokenLogProbs[] | undefined;
}

/** A loaded model as the decode loop uses it. */
export interface DecoderRunner {
  /** Most rows of a decode batch. */
  readonly slots: number;
  /** Most tokens that a row gets in one run; 1 where the graph repeats nothing. */
  readonly stepsPerRun: number;
  /** Most prompts that one prefill of this bucket takes. */
  prefillRows(bucket: number): number;
  /**
   * Reads prompts, all without their last token.
   * @param prompts at most `prefillRows(bucket)`, none longer than `bucket`, none empty
   */
  prefill(prompts: readonly UnreadPrompt[], bucket: number): Promise<ReadPrompt[]>;
  /** The cache of a prompt of one token. */
  emptyCache(): PromptCache;
  /** A new batch without rows. */
  createBatch(): DecodeBatch;
  /** The same model with an attached adapter, or alone. */
  of(adapter: string | undefined): DecoderRunner;
}
