import { align } from './kinds/align.ts';
import { continuedSft } from './kinds/continued-sft.ts';
import { data } from './kinds/data.ts';
import { evaluateSamples } from './kinds/evaluate-samples.ts';
import { evaluate } from './kinds/evaluate.ts';
import { filter } from './kinds/filter.ts';
import { label } from './kinds/label.ts';
import { pair } from './kinds/pair.ts';
import { report } from './kinds/report.ts';
import { sample } from './kinds/sample.ts';
import { score } from './kinds/score.ts';
import { sft } from './kinds/sft.ts';
import { simulator } from './kinds/simulator.ts';
import type { StageKindRow } from './kinds/stage-kind.ts';
import { trainVerifier } from './kinds/train-verifier.ts';

/** Every kind of stage, by its name in logs and identities. */
export const STAGE_KINDS = {
  data,
  simulator,
  sft,
  'continued-sft': continuedSft,
  sample,
  label,
  'train-verifier': trainVerifier,
  score,
  filter,
  pair,
  align,
  evaluate,
  'evaluate-samples': evaluateSamples,
  report,
} as const satisfies Readonly<Record<string, StageKindRow>>;

/** The kinds of work of a run: the method's, and what prepares, measures and ends it. */
export type StageKind = keyof typeof STAGE_KINDS;

/** The row of a kind, with its own types. */
export type RowOf<K extends StageKind> = (typeof STAGE_KINDS)[K];

/** The kinds that leave a model. */
export type TrainingKind = {
  [K in StageKind]: RowOf<K> extends { readonly trains: unknown } ? K : never;
}[StageKind];

/** The row of a kind that is known only at run time. */
export function rowOf(kind: StageKind): StageKindRow {
  return STAGE_KINDS[kind];
}

const LONGEST_FIRST = (Object.keys(STAGE_KINDS) as StageKind[]).sort((a, b) => b.length - a.length);

/** The kind of a stage by its id, which is the kind's name or begins with it and a hyphen; undefined for an unknown one. */
export function kindOfStage(id: string): StageKind | undefined {
  return LONGEST_FIRST.find((kind) => id === kind || id.startsWith(`${kind}-`));
}
