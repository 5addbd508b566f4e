/** The files of a tokenizer that knows these words and no others; `<s>` (id 1) is put in front, `</s>` is id 2. */
export function wordTokenizer(words: readonly string[]) {
  const special = ['<pad>', '<s>', '</s>'];
  const tokens = [...special, ...words];
  const tokenizer = {
    version: '1.0',
    added_tokens: special.map((content, id) => ({ id, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
  };
  return { tokenizer, config: { bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>' } };
}
