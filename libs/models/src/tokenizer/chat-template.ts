import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { overran } from '../limits/with-deadline.ts';
import { readOptionalTextFile } from '../storage/read-json-file.ts';
import { compileTemplate } from './jinja-library.ts';
import type { ChatTemplate, Tokenizer } from './tokenizer.ts';

/** One message of a conversation; further fields (`name`, `tool_calls`, …) are the template's to read. */
export interface ChatMessage {
  /** `system`, `user`, `assistant`, or what else the template knows. */
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

/** How {@link applyChatTemplate} writes. */
export interface ChatOptions {
  /** Whether the text ends where the assistant's answer begins. @default false */
  readonly addGenerationPrompt?: boolean;
  /** What a template may read beside the messages, e.g. `tools` or `enable_thinking`. @default none */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The day that `strftime_now` returns, as YYYY-MM-DD, at midnight: never the clock's. @default the template's own */
  readonly day?: string;
}

/** The day in the prompts of Llama 3, which its templates use by default. */
const CHAT_DAY = '2024-07-26';

/** Longest text that a template may make, in UTF-16 code units. */
const MAX_TEXT_LENGTH = 1 << 20;

/**
 * A conversation as the tokenizer's model was trained to read it. It holds the special tokens already: encode it with
 * `addSpecialTokens: false`. Text of special tokens inside the messages is not escaped.
 *
 * @throws SipfError failed-precondition CHAT_TEMPLATE_MISSING, or CHAT_TEMPLATE_INVALID for what is not a template;
 * invalid-argument CHAT_TEMPLATE_REFUSED where the template does not take these messages, or works on them without an
 * end in sight, TEXT_TOO_LONG, INVALID_FIELD for what is not a day
 */
export function applyChatTemplate(
  { chatTemplate }: Pick<Tokenizer, 'chatTemplate'>,
  messages: readonly ChatMessage[],
  { addGenerationPrompt = false, variables = {}, day }: ChatOptions = {},
): string {
  if (chatTemplate === undefined) {
    throw new SipfError('failed-precondition', 'the tokenizer has no chat template', {
      reason: 'CHAT_TEMPLATE_MISSING',
    });
  }
  const { source, sourceWithTools = source } = chatTemplate;
  const render = compiled(variables['tools'] == null ? source : sourceWithTools);
  // transformers hands these over as none where there are none of them.
  const given = {
    ...variables,
    tools: variables['tools'] ?? null,
    documents: variables['documents'] ?? null,
  };
  const context = { ...chatTemplate.specialTokens, ...given, messages };
  const time = timeOf(day ?? chatTemplate.day ?? CHAT_DAY);
  const text = refusing(() => render({ ...context, add_generation_prompt: addGenerationPrompt }, time));
  if (text.length <= MAX_TEXT_LENGTH) return text;
  throw new SipfError('invalid-argument', `the conversation is ${text.length} characters long`, {
    reason: 'TEXT_TOO_LONG',
  });
}

/**
 * The template of a tokenizer's folder: chat_template.jinja, else `chat_template` of tokenizer_config.json, whose list of
 * named ones is read for `default`, and for `tool_use`, which is taken where there are tools.
 *
 * @throws SipfError not-found MODEL_FILE_NOT_FOUND for a chat_template.jinja that is not a regular file; failed-precondition
 * MODEL_FILE_TOO_LARGE, MODEL_FILE_INVALID
 */
export function readChatTemplate(
  dir: string,
  configured: string | readonly NamedTemplate[] | undefined,
  specialTokens: Readonly<Record<string, string | undefined>>,
): ChatTemplate | undefined {
  const file = readOptionalTextFile(dir, 'chat_template.jinja');
  const source = file ?? templateNamed('default', configured);
  if (source === undefined) return undefined;
  const withTools =
    file === undefined && typeof configured !== 'string' ? templateNamed('tool_use', configured) : undefined;
  const known = Object.entries(specialTokens).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    source,
    specialTokens: Object.fromEntries(known),
    ...(withTools !== undefined && { sourceWithTools: withTools }),
  };
}

/** The tokenizer with another day in its conversations, see {@link ChatOptions}. @throws SipfError INVALID_FIELD */
export function onDay(tokenizer: Tokenizer, day: string): Tokenizer {
  timeOf(day);
  const { chatTemplate } = tokenizer;
  return chatTemplate === undefined ? tokenizer : { ...tokenizer, chatTemplate: { ...chatTemplate, day } };
}

function timeOf(day: string): Date {
  if (z.iso.date().safeParse(day).success) return new Date(day);
  const description = `must be a day as YYYY-MM-DD, is ${JSON.stringify(day.slice(0, 40))}`;
  throw new SipfError('invalid-argument', `the day of chat templates ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field: 'chat_day', description }],
  });
}

/** One of several templates of a tokenizer_config.json. */
export interface NamedTemplate {
  readonly name: string;
  readonly template: string;
}

/** Of several templates of one name, the last counts. */
function templateNamed(
  name: string,
  configured: string | readonly NamedTemplate[] | undefined,
): string | undefined {
  if (configured === undefined || typeof configured === 'string') return configured;
  return configured.findLast((one) => one.name === name)?.template;
}

function compiled(source: string): ReturnType<typeof compileTemplate> {
  try {
    if (source.length > MAX_TEXT_LENGTH) throw new RangeError(`it is ${source.length} characters long`);
    return compileTemplate(source);
  } catch (cause) {
    throw new SipfError('failed-precondition', `the chat template cannot be read: ${messageOf(cause)}`, {
      reason: 'CHAT_TEMPLATE_INVALID',
      cause,
    });
  }
}

function refusing(render: () => string): string {
  try {
    return render();
  } catch (cause) {
    const message = `the chat template does not take this conversation: ${messageOf(cause)}`;
    throw new SipfError('invalid-argument', message, { reason: 'CHAT_TEMPLATE_REFUSED', cause });
  }
}

function messageOf(cause: unknown): string {
  if (overran(cause)) return 'it works for longer than a template needs';
  return cause instanceof Error ? cause.message.slice(0, 200) : 'unknown cause';
}
