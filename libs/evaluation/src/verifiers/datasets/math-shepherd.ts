import { z } from 'zod';
import type { LabelledPath } from '../labelled-path.ts';
import { DatasetFault, type DatasetFormat } from './dataset-format.ts';
import { parseRow, text } from './parse-row.ts';
import { requireSame } from './require-same.ts';

const STEP_TAG = 'ки';
const schema = z.object({ input: text, label: text });

/** Math-Shepherd: `input` has a tag after every step, `label` is the same text with `+` or `-` instead of the tags. */
export const mathShepherdFormat: DatasetFormat = {
  name: 'math-shepherd',
  owns: (row) => 'input' in row && 'label' in row,
  read: (row) => {
    const { input, label } = parseRow(schema, row);
    const parts = input.split(STEP_TAG);
    if (parts.length < 2) throw new DatasetFault(`input: has no step tag ${STEP_TAG}`);
    const labels = readLabels(parts.slice(0, -1), label);
    const { question, first } = cutQuestion(parts[0] ?? '');
    const steps = [first, ...parts.slice(1, -1)].map((step) => step.trim());
    const empty = steps.findIndex((step) => step === '');
    if (empty !== -1) throw new DatasetFault(`input: step ${empty + 1} is empty`);
    return [{ question, steps, labels }];
  },
};

function readLabels(parts: readonly string[], label: string): boolean[] {
  let at = 0;
  return parts.map((part, step) => {
    const mark = label.startsWith(part, at) ? label[at + part.length] : undefined;
    if (mark !== '+' && mark !== '-')
      throw new DatasetFault(`label: is not input with + or - after step ${step + 1}`);
    at += part.length + 1;
    return mark === '+';
  });
}

function cutQuestion(beginning: string): { readonly question: string; readonly first: string } {
  const start = beginning.search(/\bStep 1:/);
  const question = beginning.slice(0, Math.max(start, 0)).trim();
  if (question === '') throw new DatasetFault('input: has no question before "Step 1:"');
  return { question, first: beginning.slice(start) };
}

/**
 * A path as a row of Math-Shepherd, its steps numbered where they are not; the answer's line belongs to the last step.
 * @throws SipfError `invalid-argument` DATASET_INVALID for what the format cannot say: a step without a label, or texts that
 * hold its own marks
 */
export function toMathShepherd(path: LabelledPath): { readonly input: string; readonly label: string } {
  const { question, labels } = path;
  const steps = path.steps.map((step, at) => (/^Step \d+:/.test(step) ? step : `Step ${at + 1}: ${step}`));
  const written = (markOf: (at: number) => string): string =>
    `${question} ${steps.map((step, at) => `${step} ${markOf(at)}`).join('\n')}`;
  const row = { input: written(() => STEP_TAG), label: written((at) => (labels[at] === true ? '+' : '-')) };
  requireSame(mathShepherdFormat, row, { ...path, steps });
  return row;
}
