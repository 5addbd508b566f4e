import type { Tokenizer, TokenizerTask } from '@sipf/models';

/** Texts of a tokenizer's tokens, each computed once. */
const known = new WeakMap<Tokenizer, Map<number, string>>();

/** The texts of tokens as inside a sentence; empty for a token that holds only a part of a character. */
export const task: TokenizerTask<readonly number[], readonly string[]> = {
  module: import.meta.url,
  run: (tokenizer, ids) => {
    const texts = known.get(tokenizer) ?? new Map<number, string>();
    known.set(tokenizer, texts);
    // A leading space shows only when something stands before the token.
    const sentence = tokenizer.encode('a', { addSpecialTokens: false }).slice(-1);
    return ids.map((id) => {
      const text = texts.get(id) ?? textOf(tokenizer, sentence, id);
      texts.set(id, text);
      return text;
    });
  },
};

function textOf(tokenizer: Tokenizer, sentence: readonly number[], id: number): string {
  const text = tokenizer.createIncrementalDecoder({ promptIds: sentence }).push(id);
  const own = text === '' ? tokenizer.decode([id], { skipSpecialTokens: false }) : text;
  return own.includes('\uFFFD') ? '' : own;
}
