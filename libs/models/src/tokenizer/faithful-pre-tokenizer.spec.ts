import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { loadTokenizer } from './load-tokenizer.ts';

/** The ids of a text under a vocabulary of whole pieces, whose ids count from 0. */
function encodeByPieces(preTokenizer: object, text: string, vocabulary: readonly string[]): number[] {
  const dir = temporaryFolder();
  const vocab = Object.fromEntries([...new Set(vocabulary)].map((piece, id) => [piece, id]));
  const parts = { normalizer: null, post_processor: null, decoder: null, added_tokens: [] };
  const content = { ...parts, pre_tokenizer: preTokenizer, model: { type: 'WordLevel', vocab } };
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(content));
  return loadTokenizer(dir).encode(text);
}

const split = (behavior: string, more: object = {}) => ({
  type: 'Split',
  pattern: { String: '-' },
  behavior,
  invert: false,
  ...more,
});
const digits = { pattern: { Regex: '\\d+' } };

it.each([
  [{ type: 'Digits', individual_digits: true }, 'a12½Ⅷb', ['a', '1', '2', '½', 'Ⅷ', 'b']],
  [{ type: 'Digits', individual_digits: false }, 'a12½Ⅷb٣', ['a', '12½Ⅷ', 'b', '٣']],
  [{ type: 'Punctuation' }, 'Hey, you?!$…', ['Hey', ',', ' you', '?', '!', '$', '…']],
  [{ type: 'Punctuation', behavior: 'Contiguous' }, 'Hey, you?!', ['Hey', ',', ' you', '?!']],
  [{ type: 'Whitespace' }, 'héllo wörld_1!?', ['héllo', 'wörld_1', '!?']],
  [{ type: 'WhitespaceSplit' }, 'a\u0085b c\uFEFFd', ['a', 'b', 'c\uFEFFd']],
  [{ type: 'ByteLevel', add_prefix_space: false }, 'a \uFEFF', ['a', 'Ġï»¿']],
  [{ type: 'ByteLevel', add_prefix_space: true }, 'it’s', ['Ġit', 'âĢĻ', 's']],
  [{ type: 'Metaspace', prepend_scheme: 'always' }, 'a b  c', ['▁a', '▁b', '▁', '▁c']],
  [{ type: 'Metaspace', prepend_scheme: 'always', split: false }, 'a b', ['▁a▁b']],
  [split('Removed'), 'the-final--countdown', ['the', 'final', 'countdown']],
  [split('Isolated'), 'the-final--countdown', ['the', '-', 'final', '-', '-', 'countdown']],
  [split('MergedWithPrevious'), 'the-final--countdown', ['the-', 'final-', '-', 'countdown']],
  [split('MergedWithNext'), 'the-final--countdown', ['the', '-final', '-', '-countdown']],
  [split('Contiguous'), 'the-final--countdown', ['the', '-', 'final', '--', 'countdown']],
  [split('Isolated', { ...digits, invert: true }), 'a12b', ['a', '12', 'b']],
  [split('Removed', { ...digits, invert: true }), 'a12b', ['12']],
  [{ type: 'Sequence', pretokenizers: [{ type: 'Digits' }, split('Isolated')] }, '1-½', ['1', '-', '½']],
])('%j cuts %j as the Rust library does', (preTokenizer, text, pieces) => {
  const ids = new Map([...new Set(pieces)].map((piece, id) => [piece, id]));
  expect(encodeByPieces(preTokenizer, text, pieces)).toEqual(pieces.map((piece) => ids.get(piece)));
});

it.each([split('Sideways'), split('MergedWithNext', { invert: true })])('%j is refused', (preTokenizer) => {
  expect(() => encodeByPieces(preTokenizer, 'a', ['a'])).toThrow(
    expect.objectContaining({ kind: 'failed-precondition', reason: 'TOKENIZER_INVALID' }),
  );
});
