import type { TokenizerTask } from './tokenizer-task.ts';

interface Tokens {
  readonly ids: readonly number[];
  /** What they go on from. @default the beginning of a text */
  readonly promptIds?: readonly number[] | undefined;
}

/** What an incremental decoder says. */
export interface TextPieces {
  /** All of it, that of `finish` included. */
  readonly text: string;
  /** Length of the text that is final after every id, in UTF-16 code units. */
  readonly ends: Uint32Array;
}

/** The text of ids, one by one, see Tokenizer.createIncrementalDecoder. */
export const task: TokenizerTask<Tokens, TextPieces> = {
  module: import.meta.url,
  run: (tokenizer, { ids, promptIds }) => {
    const decoder = tokenizer.createIncrementalDecoder(promptIds === undefined ? {} : { promptIds });
    let text = '';
    const ends = Uint32Array.from(ids, (id) => (text += decoder.push(id)).length);
    return { text: text + decoder.finish(), ends };
  },
};
