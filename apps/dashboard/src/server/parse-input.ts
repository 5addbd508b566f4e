import { SipfError } from '@sipf/errors';
import type { z } from 'zod';

/**
 * Query, parameters or body of a request by a schema.
 * @throws SipfError `invalid-argument` INVALID_FIELD naming every wrong field
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const violations = result.error.issues.map(({ path, message }) => ({
    field: path.join('.') || 'body',
    description: message,
  }));
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  throw new SipfError('invalid-argument', message, { reason: 'INVALID_FIELD', violations });
}
