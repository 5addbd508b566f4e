import type { TokenizerTask } from './tokenizer-task.ts';

/** Tokenizer.decode. */
export const task: TokenizerTask<readonly number[], string> = {
  module: import.meta.url,
  run: (tokenizer, ids) => tokenizer.decode(ids),
};
