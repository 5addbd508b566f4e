import * as library from '@huggingface/tokenizers';

/** What is used of a `Tokenizer` of @huggingface/tokenizers, whose own declarations do not resolve in ES modules. */
export interface LibraryTokenizer {
  /** Tokens of the pieces of a text. */
  readonly model: ((pieces: readonly string[]) => string[]) & {
    /** Token by id. */
    readonly vocab: readonly string[];
  };
  /** Tokens of a text; null of a second text that is none. */
  encode_text: (text: string | null) => string[] | null;
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

/**
 * Lets `bound` run the first half of encoding, in which a file's own expressions normalise and split the text; what its
 * model then does with the pieces takes a time that grows as they do.
 */
export function boundSplitting(
  library: LibraryTokenizer,
  bound: (characters: number, split: () => Split) => Split,
): void {
  const splitter = Object.create(library, {
    model: { value: (pieces: readonly string[]) => [pieces] },
  }) as object;
  const split = library.encode_text.bind(splitter) as (text: string) => Split;
  library.encode_text = (text) => {
    if (text === null) return null;
    const parts = bound(text.length, () => split(text));
    return parts.flatMap((part) => (typeof part === 'string' ? part : library.model(part)));
  };
}

/** Special tokens, and the pieces of what stands between them. */
export type Split = readonly (string | readonly string[])[];
