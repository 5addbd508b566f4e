import { SipfError, type FieldViolation } from '@sipf/errors';
import type { z } from 'zod';

/**
 * Parses `value`, the content of `fileName`, by a schema.
 *
 * @throws SipfError failed-precondition `reason`, one violation a wrong field, each with its path `file/field/...`
 */
export function parseFileContent<T>(
  schema: z.ZodType<T>,
  value: unknown,
  { fileName, reason }: { readonly fileName: string; readonly reason: string },
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const violations = result.error.issues.map((issue) => ({
    field: [fileName, ...issue.path.map(String)].join('/'),
    description: issue.message,
  }));
  throw invalidFields(violations, reason);
}

/** One error for fields of a file that are wrong, its message naming each of them. */
export function invalidFields(violations: readonly FieldViolation[], reason: string): SipfError {
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  return new SipfError('failed-precondition', message, { reason, violations });
}
