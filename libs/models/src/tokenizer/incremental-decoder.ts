import type { IncrementalDecoder } from './tokenizer.ts';

/** A character whose bytes are not all there decodes to one of these, at the end of the text. */
const INCOMPLETE = '\uFFFD';

/** A window of ids is cut to the shorter length when it reaches the longer; a character has at most 4 tokens. */
const SHORT_WINDOW = 8;
const LONG_WINDOW = 16;

/**
 * Decodes a window of the last ids at every push and gives what is new and final in it.
 *
 * A decoder may treat the first token of a text specially (SentencePiece drops its leading space, a byte in mid
 * character is replaced): as only the window's beginning is touched by that, positions are counted from its end.
 *
 * @param isText whether an id gives text at all
 */
export function createIncrementalDecoder(
  decode: (ids: readonly number[]) => string,
  isText: (id: number) => boolean,
  promptIds: readonly number[],
): IncrementalDecoder {
  let window = promptIds.filter(isText).slice(-SHORT_WINDOW);
  let given = decode(window).length;
  const advance = (text: string, end: number): string => {
    const fresh = text.slice(given, end);
    given = Math.max(given, end);
    return fresh;
  };
  return {
    push: (id) => {
      if (!isText(id)) return '';
      window.push(id);
      const text = decode(window);
      const fresh = advance(text, text.endsWith(INCOMPLETE) ? text.length - 1 : text.length);
      if (window.length >= LONG_WINDOW) {
        window = window.slice(-SHORT_WINDOW);
        given += decode(window).length - text.length;
      }
      return fresh;
    },
    finish: () => {
      const text = decode(window);
      return advance(text, text.length);
    },
  };
}
