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

/** Wrong fields that an error lists; a hostile file has millions. */
const MAX_LISTED = 50;

/** One error for fields of a file that are wrong, its message naming each of the first {@link MAX_LISTED}. */
export function invalidFields(violations: readonly FieldViolation[], reason: string): SipfError {
  const listed = violations.slice(0, MAX_LISTED);
  const others = violations.length > MAX_LISTED ? [`and ${violations.length - MAX_LISTED} more`] : [];
  const message = [...listed.map(({ field, description }) => `${field}: ${description}`), ...others].join(
    '; ',
  );
  return new SipfError('failed-precondition', message, { reason, violations: listed });
}
