import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SipfError } from '@sipf/errors';
import { compileTemplate } from './jinja-library.ts';
import type { Tokenizer } from './tokenizer.ts';

/** One message of a conversation; further fields (`name`, `tool_calls`, …) are the template's to read. */
export interface ChatMessage {
  /** `system`, `user`, `assistant`, or what else the template knows. */
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

/** How a model wants a conversation written: Jinja, and the texts of its special tokens by their Hugging Face names. */
export interface ChatTemplate {
  readonly source: string;
  /** e.g. `bos_token`; those that the tokenizer lacks are left out. */
  readonly specialTokens: Readonly<Record<string, string>>;
}

/** How {@link applyChatTemplate} writes. */
export interface ChatOptions {
  /** Whether the text ends where the assistant's answer begins. @default false */
  readonly addGenerationPrompt?: boolean;
  /** What a template may read beside the messages, e.g. `tools` or `enable_thinking`. @default none */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The day that a template writes where it asks for one; templates that want it fall back to a fixed text without. */
  readonly now?: Date;
}

/** Longest text that a template may make, in UTF-16 code units. */
const MAX_TEXT_LENGTH = 1 << 20;

/**
 * A conversation as the tokenizer's model was trained to read it. It holds the special tokens already: encode it with
 * `addSpecialTokens: false`. Text of special tokens inside the messages is not escaped.
 *
 * @throws SipfError failed-precondition CHAT_TEMPLATE_MISSING, or CHAT_TEMPLATE_INVALID for what is no template;
 * invalid-argument CHAT_TEMPLATE_REFUSED where the template does not take these messages, TEXT_TOO_LONG
 */
export function applyChatTemplate(
  { chatTemplate }: Pick<Tokenizer, 'chatTemplate'>,
  messages: readonly ChatMessage[],
  { addGenerationPrompt = false, variables = {}, now }: ChatOptions = {},
): string {
  if (chatTemplate === undefined) {
    throw new SipfError('failed-precondition', 'the tokenizer has no chat template', {
      reason: 'CHAT_TEMPLATE_MISSING',
    });
  }
  const render = compiled(chatTemplate.source);
  const context = { ...chatTemplate.specialTokens, ...variables, messages };
  const text = refusing(() => render({ ...context, add_generation_prompt: addGenerationPrompt }, now));
  if (text.length <= MAX_TEXT_LENGTH) return text;
  throw new SipfError('invalid-argument', `the conversation is ${text.length} characters long`, {
    reason: 'TEXT_TOO_LONG',
  });
}

/**
 * The template of a tokenizer's folder: chat_template.jinja, else `chat_template` of tokenizer_config.json, whose list
 * of named ones is read for `default`.
 */
export function readChatTemplate(
  dir: string,
  configured: string | readonly NamedTemplate[] | undefined,
  specialTokens: Readonly<Record<string, string | undefined>>,
): ChatTemplate | undefined {
  const file = join(dir, 'chat_template.jinja');
  const source = existsSync(file) ? readFileSync(file, 'utf8') : defaultTemplate(configured);
  if (source === undefined) return undefined;
  const known = Object.entries(specialTokens).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { source, specialTokens: Object.fromEntries(known) };
}

/** One of several templates of a tokenizer_config.json. */
export interface NamedTemplate {
  readonly name: string;
  readonly template: string;
}

function defaultTemplate(configured: string | readonly NamedTemplate[] | undefined): string | undefined {
  if (configured === undefined || typeof configured === 'string') return configured;
  return configured.find(({ name }) => name === 'default')?.template;
}

function compiled(source: string): ReturnType<typeof compileTemplate> {
  try {
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
  return cause instanceof Error ? cause.message.slice(0, 200) : 'unknown cause';
}
