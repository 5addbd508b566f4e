import { SipfError } from '@sipf/errors';
import { applyChatTemplate, type Tokenizer } from '@sipf/models';
import type { Message, TemplateFields } from './row-schemas.ts';

/** A conversation's start and the ways in which it continues. */
export interface ChatPrompt {
  /** @default none: the template writes the completions alone */
  readonly prompt?: readonly Message[];
  readonly completions: readonly (readonly Message[])[];
}

/**
 * The tokens of a conversation as TRL (1.16) takes them: the prompt with the head of the answer, the whole as the template
 * writes it, and the completions from where the first of them leaves the prompt. What ends an answer is the template's; nothing
 * is added after it.
 * @throws SipfError as applyChatTemplate; invalid-argument DATASET_INVALID for `tools` that are not JSON
 */
export function encodeChat(
  tokenizer: Tokenizer,
  { prompt = [], completions }: ChatPrompt,
  fields: TemplateFields,
): { readonly promptIds: number[]; readonly completions: number[][] } {
  const variables = variablesOf(fields);
  const encode = (messages: readonly Message[], addGenerationPrompt = false): number[] =>
    tokenizer.encode(applyChatTemplate(tokenizer, messages, { addGenerationPrompt, variables }), {
      addSpecialTokens: false,
    });
  const asked = prompt.length === 0 ? [] : encode(prompt, true);
  const whole = completions.map((completion) => encode([...prompt, ...completion]));
  const start = Math.min(...whole.map((ids) => commonLength(asked, ids)));
  return { promptIds: asked.slice(0, start), completions: whole.map((ids) => ids.slice(start)) };
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const parting = a.findIndex((id, index) => b[index] !== id);
  return parting === -1 ? a.length : parting;
}

function variablesOf({ tools, chat_template_kwargs: others }: TemplateFields): Record<string, unknown> {
  const known = typeof tools === 'string' ? parseTools(tools) : tools;
  return { ...(known === undefined || known === null ? {} : { tools: known }), ...others };
}

/** Tables keep lists of tools as JSON. */
function parseTools(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const violations = [{ field: 'tools', description: 'is not JSON' }];
    throw new SipfError('invalid-argument', 'tools: is not JSON', {
      reason: 'DATASET_INVALID',
      violations,
      cause,
    });
  }
}
