import type { Tokenizer } from '@sipf/models';

/** The text of a token as within a sentence; empty for one that is no whole characters by itself. */
export type TokenTexts = (id: number) => string;

const known = new WeakMap<Tokenizer, TokenTexts>();

/** Texts of a tokenizer's tokens, each worked out once. */
export function tokenTextsOf(tokenizer: Tokenizer): TokenTexts {
  const before = known.get(tokenizer);
  if (before !== undefined) return before;
  const texts = new Map<number, string>();
  // What is before a token decides whether its leading space is told.
  const sentence = tokenizer.encode('a', { addSpecialTokens: false }).slice(-1);
  const textOf = (id: number): string => {
    const text = tokenizer.createIncrementalDecoder({ promptIds: sentence }).push(id);
    const own = text === '' ? tokenizer.decode([id], { skipSpecialTokens: false }) : text;
    return own.includes('\uFFFD') ? '' : own;
  };
  const cached: TokenTexts = (id) => {
    const text = texts.get(id) ?? textOf(id);
    texts.set(id, text);
    return text;
  };
  known.set(tokenizer, cached);
  return cached;
}
