import type { LabelledPath } from '../labelled-path.ts';
import { toMathShepherd } from './math-shepherd.ts';
import { toPrm800k } from './prm800k.ts';
import { toStepwise } from './stepwise.ts';

/** Formats that paths are written in, one row each; `readDataset` reads them. */
export const datasetWriters = {
  stepwise: toStepwise,
  'math-shepherd': toMathShepherd,
  prm800k: toPrm800k,
} as const satisfies Readonly<Record<string, (path: LabelledPath) => object>>;

export type WrittenFormat = keyof typeof datasetWriters;
