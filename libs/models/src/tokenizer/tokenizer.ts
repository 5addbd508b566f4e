/** Text to token ids and back, as the folder's tokenizer.json says. */
export interface Tokenizer {
  /** Largest token id + 1, added tokens included; a model's embedding has at least as many rows. */
  readonly vocabSize: number;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  /** How conversations are written, see applyChatTemplate; undefined where the folder has no template. */
  readonly chatTemplate: ChatTemplate | undefined;
  /**
   * @param options.addSpecialTokens whether BOS and the like are added; @default true
   * @throws SipfError invalid-argument TEXT_NOT_ENCODABLE where a vocabulary without an unknown token lacks a word,
   * TEXT_TOO_LONG over 2^20 UTF-16 code units
   */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): number[];
  /**
   * @param options.skipSpecialTokens whether BOS, EOS and the like are left out; @default true
   * Ids that the vocabulary lacks (an embedding may have spare rows) give no text.
   * @throws SipfError invalid-argument TOKEN_OUT_OF_RANGE for what is not an id at all
   */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  /**
   * A decoder for ids that arrive one by one. With `promptIds` the text continues the prompt's (a SentencePiece
   * leading space is kept); without, it is the text of the ids alone. Special tokens and ids that the vocabulary
   * lacks give no text.
   */
  createIncrementalDecoder(options?: { readonly promptIds?: readonly number[] }): IncrementalDecoder;
}

/** How a model wants a conversation written: Jinja, and the texts of its special tokens by their Hugging Face names. */
export interface ChatTemplate {
  readonly source: string;
  /** What is taken instead where a conversation has tools. @default `source` */
  readonly sourceWithTools?: string;
  /** e.g. `bos_token`; those that the tokenizer lacks are left out. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** The day for a conversation without one of its own. @default CHAT_DAY */
  readonly day?: string;
}

/** Gives a token's text as soon as it is final: the concatenation of all pushes and `finish` is the whole text. */
export interface IncrementalDecoder {
  /** Text that became final with this token; empty while a character is incomplete. */
  push(id: number): string;
  /** What is left at the end; an incomplete character becomes U+FFFD as in a one-off decode. */
  finish(): string;
}
