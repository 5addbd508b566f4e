import { z } from 'zod';
import { impliedPrompt } from './implied-prompt.ts';

const text = z.string().max(1_000_000);
const completionText = text.min(1);

const message = z.looseObject({ role: z.string().min(1).max(64), content: text });
const conversation = z.array(message).min(1).max(4096);

/** What a chat template may read beside the messages; TRL's names. */
const templateFields = {
  tools: z.union([z.array(z.unknown()), z.string()]).nullish(),
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
};
const weight = z.number().min(0).max(1e6).nullish();
/** Null and nothing are the same: tables have a column for every field. */
const absent = z.null().optional();

/** A prompt and its completion. */
export const textRow = z.object({ prompt: text, completion: completionText });
/** The same as messages. */
export const conversationRow = z.object({
  prompt: conversation,
  completion: conversation,
  ...templateFields,
});
/** A conversation to learn as a whole. */
export const messagesRow = z.object({ messages: conversation, ...templateFields });

/** Two completions of a prompt; without one, of what both begin with. */
export const textPairRow = z.object({
  prompt: z.union([text, absent], 'must be a text'),
  chosen: completionText,
  rejected: completionText,
  weight,
});
const PROMPT_OF_MESSAGES =
  'must be messages, as chosen and rejected are, or the text of a message that both begin with';
/** The same as messages; a text as the prompt repeats one of those that both begin with. */
export const conversationPairRow = z
  .object({
    prompt: z.union([conversation, text, absent], PROMPT_OF_MESSAGES),
    chosen: conversation,
    rejected: conversation,
    weight,
    ...templateFields,
  })
  .refine(
    ({ prompt, chosen, rejected }) =>
      typeof prompt !== 'string' ||
      chosen.slice(0, impliedPrompt(chosen, rejected)).some(({ content }) => content === prompt),
    { path: ['prompt'], message: PROMPT_OF_MESSAGES },
  );

const share = z.number().refine((value) => value >= 0 && value <= 1, 'must be from 0 to 1');

/** A question, steps and a label each: true or 1, false or 0, a share between them, or null for none. */
export const stepwiseRow = z
  .object({
    prompt: completionText,
    completions: z.array(completionText).min(1).max(1024),
    labels: z.array(z.union([z.boolean(), share, z.null()], 'must be true, false, 0 to 1, or null')).min(1),
    soft_labels: z.array(z.union([share, z.null()], 'must be 0 to 1, or null')).nullish(),
  })
  .refine(({ completions, labels }) => labels.length === completions.length, {
    path: ['labels'],
    message: 'must be as many as completions',
  })
  .refine(({ completions, soft_labels: soft }) => (soft ?? completions).length === completions.length, {
    path: ['soft_labels'],
    message: 'must be as many as completions',
  });

/** Message of a conversation; further fields are the template's to read. */
export type Message = z.infer<typeof message>;
export type SupervisedRow = z.infer<typeof textRow | typeof conversationRow | typeof messagesRow>;
export type PreferenceRow = z.infer<typeof textPairRow | typeof conversationPairRow>;
export type StepwiseRow = z.infer<typeof stepwiseRow>;
export type TemplateFields = z.infer<z.ZodObject<typeof templateFields>>;
