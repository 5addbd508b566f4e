import type { DecodeBatch } from './decode-batch.ts';
import type { PromptCache } from './prompt-cache.ts';

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
  prefill(prompts: readonly (readonly number[])[], bucket: number): Promise<PromptCache[]>;
  /** The cache of a prompt of one token. */
  emptyCache(): PromptCache;
  /** A new batch without rows. */
  createBatch(): DecodeBatch;
  /** The same model with an attached adapter, or alone. */
  of(adapter: string | undefined): DecoderRunner;
}
