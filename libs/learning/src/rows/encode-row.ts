import { encodeSteps, renderPrompt, type Tokenizer } from '@sipf/models';
import type { PreferenceExample, RewardExample, SupervisedExample } from '../data/training-example.ts';
import { encodeChat, type ChatPrompt } from './encode-chat.ts';
import { impliedPrompt } from './implied-prompt.ts';
import type { Message, PreferenceRow, StepwiseRow, SupervisedRow } from './row-schemas.ts';

/** A row of text as generation encodes its prompt, with the end token; a conversation as its chat template writes it. */
export function supervisedExample(tokenizer: Tokenizer, row: SupervisedRow): SupervisedExample {
  // As TRL does it, every token of a conversation without a prompt is learnt.
  if ('messages' in row) {
    const { completions } = encodeChat(tokenizer, { completions: [row.messages] }, row);
    return { promptIds: [], completionIds: completions[0] ?? [] };
  }
  if (isText(row)) return encodeCompletion(tokenizer, row.prompt, row.completion);
  const chat = { prompt: row.prompt, completions: [row.completion] };
  const { promptIds, completions } = encodeChat(tokenizer, chat, row);
  return { promptIds, completionIds: completions[0] ?? [] };
}

/** The same for both completions of a prompt. */
export function preferenceExample(tokenizer: Tokenizer, row: PreferenceRow): PreferenceExample {
  const weight = typeof row.weight === 'number' ? { weight: row.weight } : {};
  if (isConversation(row)) {
    const { promptIds, completions } = encodeChat(tokenizer, chatOf(row), row);
    const [chosenIds = [], rejectedIds = []] = completions;
    return { promptIds, chosenIds, rejectedIds, ...weight };
  }
  const { prompt, chosen, rejected } = textOf(row);
  const better = encodeCompletion(tokenizer, prompt, chosen);
  const worse = encodeCompletion(tokenizer, prompt, rejected);
  return {
    promptIds: better.promptIds,
    chosenIds: better.completionIds,
    rejectedIds: worse.completionIds,
    ...weight,
  };
}

/** How the labels of steps are read. */
export interface StepwiseSettings {
  /** With `{question}`; empty: the question and a line break. */
  readonly promptTemplate: string;
  readonly softLabels: boolean;
  readonly outcomeOnly: boolean;
}

/** Hard labels, or soft ones where they are asked for and there; an outcome model has one label, at the last step. */
export function rewardExample(
  tokenizer: Tokenizer,
  { prompt, completions, labels, soft_labels: soft }: StepwiseRow,
  { promptTemplate, softLabels, outcomeOnly }: StepwiseSettings,
): RewardExample {
  const template = promptTemplate === '' ? undefined : promptTemplate;
  const { ids, promptLength, stepEnds } = encodeSteps(tokenizer, renderPrompt(prompt, template), completions);
  const chosen = softLabels ? (soft ?? labels) : labels;
  const numbers = chosen.map((label) => (label === null ? null : Number(label)));
  const last = numbers.length - 1;
  return {
    ids,
    promptLength,
    stepEnds,
    labels: outcomeOnly ? numbers.map((label, index) => (index === last ? label : null)) : numbers,
  };
}

type TextRow = Extract<SupervisedRow, { prompt: string }>;
type ConversationPair = Extract<PreferenceRow, { chosen: Message[] }>;
type TextPair = Exclude<PreferenceRow, ConversationPair>;

function isText(row: Exclude<SupervisedRow, { messages: unknown }>): row is TextRow {
  return typeof row.prompt === 'string';
}

function isConversation(row: PreferenceRow): row is ConversationPair {
  return Array.isArray(row.chosen);
}

function textOf({ prompt, chosen, rejected }: TextPair) {
  if (typeof prompt === 'string') return { prompt, chosen, rejected };
  const end = impliedPrompt(chosen, rejected);
  return { prompt: chosen.slice(0, end), chosen: chosen.slice(end), rejected: rejected.slice(end) };
}

function chatOf({ prompt, chosen, rejected }: ConversationPair): ChatPrompt {
  if (Array.isArray(prompt)) return { prompt, completions: [chosen, rejected] };
  const end = impliedPrompt(chosen, rejected);
  return { prompt: chosen.slice(0, end), completions: [chosen.slice(end), rejected.slice(end)] };
}

/**
 * The prompt exactly as generation encodes it, then the completion with the end token that it shall learn; a completion that
 * ends in it has it already.
 */
function encodeCompletion(tokenizer: Tokenizer, prompt: string, completion: string): SupervisedExample {
  const promptIds = tokenizer.encode(prompt);
  const whole = tokenizer.encode(prompt + completion);
  const isContinued = promptIds.every((id, index) => whole[index] === id);
  const completionIds = isContinued
    ? whole.slice(promptIds.length)
    : tokenizer.encode(completion, { addSpecialTokens: false });
  return { promptIds, completionIds: withEnd(completionIds, tokenizer) };
}

function withEnd(ids: readonly number[], { eosTokenId }: Tokenizer): readonly number[] {
  return eosTokenId === null || ids.at(-1) === eosTokenId ? ids : [...ids, eosTokenId];
}
