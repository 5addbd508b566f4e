import type { DecodeBatch } from './decode-batch.ts';
import type { PlaceLogProbs } from '../sampling/ranked-tokens.ts';
import type { PromptCache } from './prompt-cache.ts';

/** A prompt to be read. */
export interface UnreadPrompt {
  readonly ids: readonly number[];
  /** What is told of the places after each of its tokens; nothing where absent. */
  readonly places?: PromptPlaces | undefined;
}

/** The tokens that stand after each token that is read, and how many that might have stood there are told. */
export interface PromptPlaces {
  readonly tokens: readonly number[];
  readonly top: number;
}

/** A prompt that has been read. */
export interface ReadPrompt {
  readonly cache: PromptCache;
  readonly places: readonly PlaceLogProbs[] | undefined;
}

/** A loaded model as the decode loop uses it. */
export interface DecoderRunner {
  /** Most rows of a decode batch. */
  readonly slots: number;
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
