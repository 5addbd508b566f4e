import type { Path, PreferencePair, StepLabel } from '@sipf/method';
import type { Problem } from '@sipf/tasks';
import { z } from 'zod';

/** Rows keep fields that this version does not know: what is read and stored again keeps its digest. */
const row = z.looseObject;

const problems: z.ZodType<Problem> = row({
  id: z.string(),
  question: z.string(),
  answer: z.string(),
  solution: z.string().exactOptional(),
  preamble: z.string().exactOptional(),
});

const paths: z.ZodType<Path> = row({
  questionId: z.string(),
  iteration: z.int(),
  sampleIndex: z.int(),
  text: z.string(),
  steps: z.array(row({ text: z.string(), start: z.int(), end: z.int() })),
  outcome: z.enum(['correct', 'wrong', 'unknown']),
  meanLogProb: z.number().exactOptional(),
});

const pairs: z.ZodType<PreferencePair> = row({
  questionId: z.string(),
  chosen: paths,
  rejected: paths,
  difference: z.number(),
  sharedSteps: z.int().exactOptional(),
});

/** A step's label and which of its roll-outs, by their index, reach the answer. */
export interface RolledOutLabel extends StepLabel {
  readonly reachedBy: readonly number[];
}

const label = row({
  /** Absent where roll-outs of unknown outcome could have decided it either way. */
  hard: z.union([z.literal(0), z.literal(1)]).optional(),
  soft: z.number().optional(),
  rollouts: z.int(),
  reachedBy: z.array(z.int()).default([]),
}).transform(({ hard, soft, ...rest }): RolledOutLabel => ({ ...rest, hard, soft }));

/** Step labels of a path by roll-outs (Eq. 2). */
const labels = z.object({
  /** `pathKey` of the path. */
  path: z.string(),
  labels: z.array(label).readonly(),
});
export type LabelRecord = Readonly<z.infer<typeof labels>>;

/** Verifier's scores of a path's steps (Eqs. 3-4), V(q, s_1..t); none for a path that it cannot read. */
const scores = z.object({
  /** `pathKey` of the path. */
  path: z.string(),
  probabilities: z.array(z.number()).readonly(),
});
export type ScoreRecord = Readonly<z.infer<typeof scores>>;

/** How one question was answered: what error analyses and paired tests read. */
const outcomes = z.object({
  /** The question's id. */
  id: z.string(),
  /** Null where the machinery failed: it counts neither way. */
  correct: z.boolean().nullable(),
  /** The extracted answer, strictly; null where there is none, and for programs. */
  answer: z.string().nullable().default(null),
  /** The gold answer; for programs, the tests. */
  gold: z.string().default(''),
  /** What the model wrote. */
  text: z.string(),
  /** Whether every step is right, for tasks that can check steps. */
  wholePath: z.boolean().exactOptional(),
});
export type OutcomeRecord = Readonly<z.infer<typeof outcomes>>;

/** A row of a supervised dataset. */
const supervised = z.object({ prompt: z.string(), completion: z.string() });
export type SupervisedRow = Readonly<z.infer<typeof supervised>>;

/** A row of a preference dataset, in the field's format. */
const preferences = z.object({
  prompt: z.string(),
  chosen: z.string(),
  rejected: z.string(),
  /** How much the pair counts, 1 on average; all count the same where absent. */
  weight: z.number().exactOptional(),
});
export type PreferenceRow = Readonly<z.infer<typeof preferences>>;

/** A row of a stepwise dataset, in the field's format; `soft_labels` beside it are shares of roll-outs. */
const stepwise = z.object({
  prompt: z.string(),
  completions: z.array(z.string()).readonly(),
  /** Null for a step that has no label. */
  labels: z.array(z.boolean().nullable()).readonly(),
  soft_labels: z.array(z.number().nullable()).readonly(),
});
export type StepwiseRow = Readonly<z.infer<typeof stepwise>>;

/** A file of problems that a run read. */
const sources = z.object({
  /** `train` and `test`, `data` for a file of both, or a data set out of domain. */
  split: z.string(),
  /** Its name, without folders. */
  file: z.string(),
  /** Of the problems in it. */
  digest: z.string(),
  /** The published data set that these are, problem by problem; absent for anything else. */
  published: z.string().optional(),
});
export type DataSource = Readonly<z.infer<typeof sources>>;

/** What the rows of artifacts are, by what the stages call them. */
export const ROWS = {
  ...{ problems, sources, paths, labels, scores, pairs, outcomes },
  ...{ supervised, preferences, stepwise },
  /** The text of worked examples, one row. */
  exemplars: z.string(),
  /** Rows of any of these kinds but the last. */
  any: z.record(z.string(), z.unknown()),
};
