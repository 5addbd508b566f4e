import { z } from 'zod';
import { DatasetFault } from './dataset-format.ts';

/** A row by its schema. @throws DatasetFault naming every wrong field */
export function parseRow<T>(schema: z.ZodType<T>, row: unknown): T {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'row'}: ${message}`);
  throw new DatasetFault(faults.join('; '));
}

/** A text with something in it. */
export const text = z.string().refine((value) => value.trim() !== '', 'must not be empty');
