import type { StageKind } from '@sipf/method';

/**
 * The sections of a configuration that each kind of a recipe's stage cannot do without, beside those that every run has. A file
 * without them is refused, and the table of stages (libs/runs) names them from here.
 */
export const NEEDED_SECTIONS = {
  sft: ['sft'],
  sample: [],
  label: ['simulator', 'simulation'],
  'train-verifier': ['verifier'],
  score: [],
  filter: [],
  pair: ['pairs'],
  align: ['alignment'],
  evaluate: [],
} as const satisfies Readonly<Record<StageKind, readonly string[]>>;
