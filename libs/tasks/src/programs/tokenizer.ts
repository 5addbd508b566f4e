import { buildWordTokenizer, type TokenizerFiles } from '../word-tokenizer.ts';
import { programVocabulary } from './vocabulary.ts';

/** The tokenizer of the bundled task of programs: a word or a piece of a program a token, a digit a token. */
export function buildProgramTokenizer(maxLength: number): TokenizerFiles {
  return buildWordTokenizer(programVocabulary, maxLength);
}
