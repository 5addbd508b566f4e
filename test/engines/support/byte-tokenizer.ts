import type { TinyModel } from '@sipf/serving/testing';
import { specialTokens, specialTokenIds } from '@sipf/tasks';

const SPECIAL = Object.values(specialTokens);

/** Tokens of {@link byteTokenizer}: the special ones, then the bytes. */
export const BYTE_VOCABULARY = SPECIAL.length + 256;

/**
 * A tokenizer whose tokens are single bytes (id = 4 + byte), as Hugging Face's ByteLevel spells them, so that a random model
 * writes what is no UTF-8. `<s>` is put in front.
 */
export function byteTokenizer(): TinyModel['tokenizer'] {
  const vocabulary = [...SPECIAL, ...Array.from({ length: 256 }, (_, byte) => characterOf(byte))];
  const { bos, eos, pad, unk } = specialTokens;
  const tokenizer = {
    ...{ version: '1.0', truncation: null, padding: null, normalizer: null },
    added_tokens: SPECIAL.map((content, id) => ({ id, content, ...FLAGS })),
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 0 } }],
      special_tokens: { [bos]: { id: bos, ids: [specialTokenIds.bos], tokens: [bos] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null },
      ...{ end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, merges: [] },
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
  const names = { bos_token: bos, eos_token: eos, pad_token: pad, unk_token: unk };
  const config = {
    ...{ tokenizer_class: 'PreTrainedTokenizerFast', ...names, clean_up_tokenization_spaces: false },
  };
  return { tokenizer, config };
}

const FLAGS = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** Bytes without a visible character have those from U+0100 on, in order. */
function characterOf(byte: number): string {
  if (isVisible(byte)) return String.fromCodePoint(byte);
  let hidden = 0;
  for (let other = 0; other < byte; other++) if (!isVisible(other)) hidden++;
  return String.fromCodePoint(256 + hidden);
}

function isVisible(byte: number): boolean {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}
