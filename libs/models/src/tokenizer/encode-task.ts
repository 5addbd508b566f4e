import type { TokenizerTask } from './tokenizer-task.ts';

interface Text {
  readonly text: string;
  readonly addSpecialTokens?: boolean | undefined;
}

/** Tokenizer.encode. */
export const task: TokenizerTask<Text, readonly number[]> = {
  module: import.meta.url,
  run: (tokenizer, { text, addSpecialTokens = true }) => tokenizer.encode(text, { addSpecialTokens }),
};
