/** The two files of a Hugging Face tokenizer, as JSON values ready to be written. */
export interface TokenizerFiles {
  /** `tokenizer.json` */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** `tokenizer_config.json` */
  readonly config: Readonly<Record<string, unknown>>;
  /** Number of tokens, special ones included. */
  readonly vocabularySize: number;
}

/** Tokens with a meaning of their own; every vocabulary begins with them, so that their ids are 0 to 3. */
export const specialTokens = { pad: '<pad>', bos: '<s>', eos: '</s>', unk: '<unk>' } as const;

/** Ids of the special tokens, which a model's config names. */
export const specialTokenIds = { pad: 0, bos: 1, eos: 2, unk: 3 } as const;

/**
 * A tokenizer of whole words, spaces included. Every text of the vocabulary decodes back to itself; anything else becomes
 * `<unk>`. With special tokens, `<s>` is put in front and nothing behind.
 * @param vocabulary id = position, special tokens first; no ordinary token may be the beginning of another
 * @param maxLength longest sequence of the model, in tokens
 */
export function buildWordTokenizer(vocabulary: readonly string[], maxLength: number): TokenizerFiles {
  const bos = specialTokens.bos;
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.values(specialTokens).map(addedToken),
    normalizer: null,
    pre_tokenizer: {
      type: 'Split',
      pattern: { Regex: splitPattern(vocabulary) },
      behavior: 'Isolated',
      invert: false,
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [specialPiece(bos), sequencePiece('A', 0)],
      pair: [specialPiece(bos), sequencePiece('A', 0), sequencePiece('B', 1)],
      special_tokens: { [bos]: { id: bos, ids: [specialTokenIds.bos], tokens: [bos] } },
    },
    decoder: { type: 'Fuse' },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      unk_token: specialTokens.unk,
    },
  };
  return { tokenizer, config: tokenizerConfig(maxLength), vocabularySize: vocabulary.length };
}

function tokenizerConfig(maxLength: number): Record<string, unknown> {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: specialTokens.bos,
    eos_token: specialTokens.eos,
    pad_token: specialTokens.pad,
    unk_token: specialTokens.unk,
    add_bos_token: true,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    model_max_length: maxLength,
  };
}

/** One alternative a token: exact, because no token is the beginning of another. */
function splitPattern(vocabulary: readonly string[]): string {
  const special: readonly string[] = Object.values(specialTokens);
  return vocabulary
    .filter((token) => !special.includes(token))
    .map((token) => token.replaceAll(/[.*+?/()[\]{}^$|\\]/g, '\\$&'))
    .join('|');
}

function addedToken(content: string, id: number) {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return { id, content, ...flags };
}

function specialPiece(id: string) {
  return { SpecialToken: { id, type_id: 0 } };
}

function sequencePiece(id: 'A' | 'B', typeId: number) {
  return { Sequence: { id, type_id: typeId } };
}
