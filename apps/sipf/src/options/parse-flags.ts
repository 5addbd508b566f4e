import { flagOf } from '@sipf/service';
import type { z } from 'zod';
import { usageError } from '../usage-error.ts';

/**
 * The flags of a command, as commander read them, by a zod object whose keys are the flags' camel-case names.
 * @throws SipfError `invalid-argument` that names every wrong flag
 */
export function parseFlags<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  flags: Readonly<Record<string, unknown>>,
): z.infer<z.ZodObject<Shape>> {
  const result = schema.safeParse(flags);
  if (result.success) return result.data;
  const violations = result.error.issues.map((issue) => ({
    field: flagOf(String(issue.path[0] ?? '')),
    description: describe(issue, flags[String(issue.path[0] ?? '')]),
  }));
  const message = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
  throw usageError(message, { violations });
}

function describe(issue: z.core.$ZodIssue, given: unknown): string {
  if (given === undefined) return 'is required';
  return `is ${JSON.stringify(given)}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
}
