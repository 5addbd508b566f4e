import { settingViolations } from '@sipf/contracts';
import { flagOf, valueOfText } from '@sipf/service';
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
  const value = Object.fromEntries(
    Object.entries(schema.shape).map(([key, field]) => [key, read(field as z.ZodType, flags[key])]),
  );
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const violations = settingViolations({ schema, value, issues, nameOf: flagOf }).map(
    ({ field, description }) => ({ field: flagOf(field.split('.')[0] ?? ''), description }),
  );
  const message = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
  throw usageError(message, { violations });
}

function read(field: z.ZodType, given: unknown): unknown {
  return typeof given === 'string' ? valueOfText(field, given) : given;
}
