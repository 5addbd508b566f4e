import { z } from 'zod';
import type { LabelledPath } from '../labelled-path.ts';
import { DatasetFault, type DatasetFormat } from './dataset-format.ts';
import { parseRow, text } from './parse-row.ts';

const completion = z.object({ text, rating: z.int().min(-1).max(1).nullable() });
const step = z.object({
  completions: z.array(completion).nullable(),
  human_completion: completion.nullish(),
  chosen_completion: z.int().min(0).nullable(),
});
const schema = z.object({
  question: z.object({ problem: text }),
  label: z.object({ steps: z.array(step).min(1) }),
});

interface JudgedStep {
  readonly text: string;
  readonly label: boolean | undefined;
}

/**
 * PRM800K: at every step people rated alternatives (1 right, 0 neutral, taken for right, -1 wrong) and went on from one, or
 * from their own. The way that they went is one path; every other alternative is a path of its own that ends with it, of
 * which only that step is labelled, so that no label counts twice.
 */
export const prm800kFormat: DatasetFormat = {
  name: 'prm800k',
  owns: (row) => 'question' in row && 'label' in row,
  read: (row) => {
    const { question, label } = parseRow(schema, row);
    const way: JudgedStep[] = [];
    const paths: LabelledPath[] = [];
    for (const { completions, human_completion: human, chosen_completion: chosen } of label.steps) {
      const rated = (completions ?? []).map(judged);
      if (chosen !== null && chosen >= rated.length)
        throw new DatasetFault('label.steps: chose what is not there');
      const next = chosen === null ? human && judged(human) : rated[chosen];
      paths.push(
        ...rated.filter((one) => one !== next).map((one) => alternative(question.problem, way, one)),
      );
      if (next === undefined || next === null) break;
      way.push(next);
    }
    if (way.length > 0) paths.unshift(pathOf(question.problem, way));
    if (paths.length === 0) throw new DatasetFault('label.steps: hold no step');
    return paths;
  },
};

function judged({ text, rating }: z.infer<typeof completion>): JudgedStep {
  return { text, label: rating === null ? undefined : rating >= 0 };
}

function alternative(question: string, way: readonly JudgedStep[], last: JudgedStep): LabelledPath {
  return pathOf(question, [...way.map(({ text }) => ({ text, label: undefined })), last]);
}

function pathOf(question: string, steps: readonly JudgedStep[]): LabelledPath {
  return { question, steps: steps.map(({ text }) => text), labels: steps.map(({ label }) => label) };
}

/** A path as a row of PRM800K: at every step one completion, which was chosen, rated 1, -1, or not at all. */
export function toPrm800k({ question, steps, labels }: LabelledPath) {
  const rated = steps.map((text, at) => {
    const label = labels[at];
    const rating = label === undefined ? null : label ? 1 : -1;
    return {
      completions: [{ text, rating, flagged: false }],
      human_completion: null,
      chosen_completion: 0,
    };
  });
  const finish = labels.includes(false) ? 'found_error' : 'solution';
  return { question: { problem: question }, label: { steps: rated, finish_reason: finish } };
}
