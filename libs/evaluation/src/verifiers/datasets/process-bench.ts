import { z } from 'zod';
import type { DatasetFormat } from './dataset-format.ts';
import { parseRow, text } from './parse-row.ts';

const schema = z
  .object({
    id: z.string(),
    problem: text,
    steps: z.array(text).min(1),
    label: z.int().min(-1),
    final_answer_correct: z.boolean(),
  })
  .refine(({ label, steps }) => label < steps.length, {
    path: ['label'],
    message: 'must be one of the steps',
  });

/** ProcessBench: `label` is the first wrong step, -1 if all are right; the steps after a wrong one have no labels. */
export const processBenchFormat: DatasetFormat = {
  name: 'processbench',
  owns: (row) => 'problem' in row && 'steps' in row,
  read: (row) => {
    const { id, problem, steps, label, final_answer_correct: outcome } = parseRow(schema, row);
    const judge = (_step: string, at: number) =>
      label === -1 || at < label ? true : at === label ? false : undefined;
    return [{ id, question: problem, steps, labels: steps.map(judge), outcome }];
  },
};
