import { z } from 'zod';

const text = z.string().max(1_000_000);
const completionText = text.min(1);

const message = z.looseObject({ role: z.string().min(1).max(64), content: text });
const conversation = z.array(message).min(1).max(4096);

/** What a chat template may read beside the messages; TRL's names. */
const templateFields = {
  tools: z.union([z.array(z.unknown()), z.string()]).nullish(),
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
};
const weight = z.number().min(0).max(1e6).optional();
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
/** The same as messages. */
export const conversationPairRow = z.object({
  prompt: z.union([conversation, absent], 'must be messages, as chosen and rejected are'),
  chosen: conversation,
  rejected: conversation,
  weight,
  ...templateFields,
});

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
