import * as library from '@huggingface/tokenizers';

/** What is used of a `Tokenizer` of @huggingface/tokenizers, whose own declarations do not resolve in ES modules. */
export interface LibraryTokenizer {
  /** Token by id. */
  readonly model: { readonly vocab: readonly string[] };
  encode: (
    text: string,
    options: { readonly add_special_tokens: boolean },
  ) => { readonly ids: readonly (number | undefined)[] };
  /** Fails on an empty list. */
  decode: (ids: readonly number[], options: { readonly clean_up_tokenization_spaces: boolean }) => string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_added_tokens_decoder(): ReadonlyMap<number, { readonly id: number; readonly special: boolean }>;
}

interface Library {
  readonly Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer;
}

/** From the parsed tokenizer.json and tokenizer_config.json. @throws Error of any kind for content it does not know */
export function createLibraryTokenizer(tokenizer: object, config: object): LibraryTokenizer {
  const { Tokenizer } = library as unknown as Library;
  return new Tokenizer(tokenizer, config);
}
