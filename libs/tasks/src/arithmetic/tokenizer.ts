import { buildWordTokenizer, specialTokenIds, type TokenizerFiles } from '../word-tokenizer.ts';
import { vocabulary } from './vocabulary.ts';

/** Ids that a model's config names. */
export const arithmeticTokenIds = specialTokenIds;

/** Number of tokens, special ones included. */
export const arithmeticVocabularySize = vocabulary.length;

/** The bundled arithmetic task's tokenizer: a word a token with its spaces, a digit a token. */
export function buildArithmeticTokenizer(maxLength: number): TokenizerFiles {
  return buildWordTokenizer(vocabulary, maxLength);
}
