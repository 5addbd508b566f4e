import type { generation } from '@sipf/contracts';
import { applyChatTemplate, type TokenizerTask } from '@sipf/models';
import { encodeText, inField } from '@sipf/serving/texts';

/** A prompt and how to read it. */
interface PromptOrder {
  readonly prompt: generation.Prompt;
  /** As the request spells the prompt. */
  readonly field: string;
  readonly maxTokens: number;
  /** The request's `chat_day`. */
  readonly day: string;
}

/**
 * A prompt's tokens; undefined where they are surely more than the model takes.
 * @throws SipfError as encodeText and applyChatTemplate do, naming the field
 */
export const task: TokenizerTask<PromptOrder, readonly number[] | undefined> = {
  module: import.meta.url,
  run: (tokenizer, { prompt: { text, messages }, field, maxTokens, day }) => {
    if (messages.length === 0) return encodeText(tokenizer, text, { field: `${field}.text`, maxTokens });
    const options = { field: `${field}.messages`, maxTokens, addSpecialTokens: false };
    const conversation = messages.map((message) => ({ ...message }));
    const laidOut = inField(options.field, () =>
      applyChatTemplate(tokenizer, conversation, { addGenerationPrompt: true, ...(day !== '' && { day }) }),
    );
    return encodeText(tokenizer, laidOut, options);
  },
};

/** Characters that the task reads of a prompt. */
export function sizeOf({ text, messages }: generation.Prompt): number {
  return messages.reduce(
    (sum, { role, content }) => sum + role.length + content.length + MESSAGE,
    text.length,
  );
}

/** The cost of laying out a message, in characters. */
const MESSAGE = 64;
