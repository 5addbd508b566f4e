import { z } from 'zod';
import type { LabelledPath } from '../labelled-path.ts';
import type { DatasetFormat } from './dataset-format.ts';
import { parseRow, text } from './parse-row.ts';

const schema = z
  .object({
    id: z.string().optional(),
    prompt: text,
    completions: z.array(text).min(1),
    // TRL's data sets have true and false or 1 and 0.
    labels: z.array(z.union([z.boolean(), z.literal([0, 1]), z.null()], 'must be true, false, 1, 0 or null')),
    outcome: z.boolean().optional(),
    answer: z.string().optional(),
  })
  .refine(({ completions, labels }) => completions.length === labels.length, {
    path: ['labels'],
    message: 'must be as many as completions',
  });

/**
 * The stepwise format of TRL: `prompt`, `completions`, `labels`. A label may be null for an unlabelled step; `id`,
 * `outcome` and `answer` are ours and optional.
 */
export const stepwiseFormat: DatasetFormat = {
  name: 'stepwise',
  owns: (row) => 'prompt' in row && 'completions' in row,
  read: (row) => {
    const { prompt, completions, labels, ...rest } = parseRow(schema, row);
    return [
      {
        ...rest,
        question: prompt,
        steps: completions,
        labels: labels.map((label) => (label === null ? undefined : label === true || label === 1)),
      },
    ];
  },
};

/** A path as a row of the stepwise format; reading it gives the path again. */
export function toStepwise({ question, steps, labels, id, outcome, answer }: LabelledPath) {
  return {
    ...(id === undefined ? {} : { id }),
    prompt: question,
    completions: [...steps],
    labels: labels.map((label) => label ?? null),
    ...(outcome === undefined ? {} : { outcome }),
    ...(answer === undefined ? {} : { answer }),
  };
}
