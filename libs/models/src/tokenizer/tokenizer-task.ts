import type { Tokenizer } from './tokenizer.ts';

/** Work with a tokenizer that may be done on another thread. */
export interface TokenizerTask<Input, Output> {
  /** URL of the module that exports it as `task`. */
  readonly module: string;
  /** Input and output are such as can be cloned. */
  readonly run: (tokenizer: Tokenizer, input: Input) => Output;
}

/** What is known of a tokenizer without asking it. */
export type TokenizerFacts = Pick<Tokenizer, 'vocabSize' | 'bosTokenId' | 'eosTokenId' | 'padTokenId'>;
