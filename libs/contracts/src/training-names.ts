import type { PrecisionName } from './devices.ts';
import {
  Decay,
  Precision,
  PromptSharing,
  Quantisation,
  Schedule,
  VerifierHead,
} from './generated/sipf/training/v1/training.ts';

/** Schedules by the names that configurations and command lines use. */
export const scheduleNamed = {
  constant: Schedule.CONSTANT,
  linear: Schedule.LINEAR,
  cosine: Schedule.COSINE,
} as const;

/** Kinds of quantisation by name. */
export const quantisationNamed = {
  none: Quantisation.UNSPECIFIED,
  nf4: Quantisation.NF4,
  'nf4-double': Quantisation.NF4_DOUBLE,
  int8: Quantisation.INT8,
  int4: Quantisation.INT4,
} as const;

/** Element types of a training's arithmetic by name. */
export const precisionNamed = {
  float32: Precision.UNSPECIFIED,
  float16: Precision.FLOAT16,
  bfloat16: Precision.BFLOAT16,
} as const satisfies Readonly<Record<PrecisionName, Precision>>;

/** When the two completions of a pair share their prompt's computation, by name. */
export const promptSharingNamed = {
  auto: PromptSharing.UNSPECIFIED,
  always: PromptSharing.ALWAYS,
  never: PromptSharing.NEVER,
} as const;

/** What weight decay shrinks, by name. */
export const decayNamed = {
  matrices: Decay.UNSPECIFIED,
  all: Decay.ALL,
} as const;

/** Verifier heads by name. */
export const verifierHeadNamed = {
  hidden: VerifierHead.HIDDEN,
  'hidden-confidence': VerifierHead.HIDDEN_CONFIDENCE,
} as const;

/** The name of a value in one of the tables above; undefined for a value that it does not have. */
export function nameOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
  value: number,
): Name | undefined {
  return (Object.keys(table) as Name[]).find((name) => table[name] === value);
}
