/** The files of a tokenizer that knows these words and no others; `<s>` (id 1) is put in front, `</s>` is id 2. */
export function wordTokenizer(words: readonly string[]) {
  const special = ['<pad>', '<s>', '</s>'];
  const tokens = [...special, ...words];
  const tokenizer = {
    version: '1.0',
    ...{ truncation: null, padding: null, normalizer: null },
    added_tokens: special.map((content, id) => ({ id, content, ...FLAGS })),
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: null,
    model: {
      ...{ type: 'WordLevel', unk_token: UNKNOWN },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
  const names = { bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>' };
  return { tokenizer, config: { tokenizer_class: 'PreTrainedTokenizerFast', ...names } };
}

/** Not in the vocabulary: another word has no tokens. */
const UNKNOWN = '<unk>';
const FLAGS = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
