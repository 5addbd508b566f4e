import { SipfError } from '@sipf/errors';
import type { z } from 'zod';
import {
  conversationPairRow,
  conversationRow,
  messagesRow,
  stepwiseRow,
  textPairRow,
  textRow,
  type PreferenceRow,
  type StepwiseRow,
  type SupervisedRow,
} from './row-schemas.ts';

/** A row of a training's data, as TRL names its fields. */
export type TrainingRow =
  | { readonly kind: 'supervised'; readonly row: SupervisedRow }
  | { readonly kind: 'preference'; readonly row: PreferenceRow }
  | { readonly kind: 'reward'; readonly row: StepwiseRow };

/** What a training reads. */
export type RowKind = TrainingRow['kind'];

/** @throws SipfError invalid-argument DATASET_INVALID, one violation a wrong field */
export function parseTrainingRow(kind: RowKind, value: unknown): TrainingRow {
  switch (kind) {
    case 'supervised':
      return { kind, row: parse(supervisedSchema(value), value) };
    case 'preference':
      return { kind, row: parse(preferenceSchema(value), value) };
    case 'reward':
      return { kind, row: parse(stepwiseRow, value) };
  }
}

/**
 * The schema that a row is meant by: errors then name fields of that one. A prompt counts before messages beside it, as TRL has
 * it.
 */
function supervisedSchema(value: unknown): z.ZodType<SupervisedRow> {
  const [messages, prompt] = [fieldOf(value, 'messages'), fieldOf(value, 'prompt')];
  if ((messages ?? undefined) !== undefined && (prompt ?? undefined) === undefined) return messagesRow;
  return hasMessages(value, ['prompt', 'completion']) ? conversationRow : textRow;
}

function preferenceSchema(value: unknown): z.ZodType<PreferenceRow> {
  return hasMessages(value, ['chosen', 'rejected']) ? conversationPairRow : textPairRow;
}

function hasMessages(value: unknown, fields: readonly string[]): boolean {
  return fields.some((name) => Array.isArray(fieldOf(value, name)));
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const violations = result.error.issues.map(({ path, message, ...issue }) => {
    const isMissing = issue.code === 'invalid_type' && message.endsWith('received undefined');
    const description = message.charAt(0).toLowerCase() + message.slice(1);
    return { field: path.join('.') || 'row', description: isMissing ? 'is required' : description };
  });
  const words = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  throw new SipfError('invalid-argument', words, { reason: 'DATASET_INVALID', violations });
}
