import { Readable } from 'node:stream';
import { z } from 'zod';
import type { ObjectiveName } from '../options/training-options.ts';
import { usageError } from '../usage-error.ts';
import { readRows } from './read-rows.ts';

const text = z.string();
const stepwise = z
  .object({
    prompt: text,
    completions: z.array(text).min(1),
    labels: z.array(z.boolean()).min(1),
    soft_labels: z.array(z.number().min(0).max(1)).optional(),
  })
  .refine(({ completions, labels }) => completions.length === labels.length, {
    message: 'completions and labels must be as many',
  });
const preference = z.object({ prompt: text, chosen: text, rejected: text });

const ROWS: Readonly<Record<ObjectiveName, z.ZodType>> = {
  supervised: z.object({ prompt: text, completion: text }),
  orpo: preference,
  dpo: preference,
  rpo: preference,
  'process-reward': stepwise,
  'outcome-reward': stepwise,
};

/**
 * Reads a data set once, to find what is wrong with it before anything is started.
 * @returns the number of rows
 * @throws SipfError `invalid-argument` that names `file:line` and the field
 */
export async function checkTrainingRows(file: string, objective: ObjectiveName): Promise<number> {
  let count = 0;
  const rows = readRows(file, { schema: ROWS[objective], stdin: Readable.from([]) });
  while ((await rows.next()).done !== true) count++;
  if (count === 0) throw usageError(`${file} has no rows to train on`);
  return count;
}
