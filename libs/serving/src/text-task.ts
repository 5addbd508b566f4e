import type { AsyncTokenizer, TokenizerTask } from '@sipf/models';
import { encodeText, type TextField } from './encode-text.ts';

interface FieldText extends TextField {
  readonly text: string;
}

/**
 * {@link encodeText}.
 * @public a tokenizer's thread finds it by its module
 */
export const task: TokenizerTask<FieldText, readonly number[] | undefined> = {
  module: import.meta.url,
  run: (tokenizer, { text, ...field }) => encodeText(tokenizer, text, field),
};

/** {@link encodeText} for event loops. @throws SipfError as it and AsyncTokenizer.run do */
export function readText(
  tokenizer: AsyncTokenizer,
  text: string,
  field: TextField,
): Promise<readonly number[] | undefined> {
  return tokenizer.run(task, { text, ...field }, text.length);
}
