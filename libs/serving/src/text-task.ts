import type { AsyncTokenizer, TokenizerTask } from '@sipf/models';
import { encodeText, type TextPlace } from './encode-text.ts';

interface PlacedText extends TextPlace {
  readonly text: string;
}

/** {@link encodeText}. */
export const task: TokenizerTask<PlacedText, readonly number[] | undefined> = {
  module: import.meta.url,
  run: (tokenizer, { text, ...place }) => encodeText(tokenizer, text, place),
};

/** {@link encodeText} for event loops. @throws SipfError as it and AsyncTokenizer.run do */
export function readText(
  tokenizer: AsyncTokenizer,
  text: string,
  place: TextPlace,
): Promise<readonly number[] | undefined> {
  return tokenizer.run(task, { text, ...place }, text.length);
}
