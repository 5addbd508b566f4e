import type { StepLabel } from '@sipf/method';

/** Step labels of a path by roll-outs (Eq. 2). */
export interface LabelRecord {
  /** `pathKey` of the path. */
  readonly path: string;
  readonly labels: readonly RolledOutLabel[];
}

/** A step's label and which of its roll-outs, by their index, reach the answer. */
export interface RolledOutLabel extends StepLabel {
  readonly reachedBy: readonly number[];
}

/** Verifier's scores of a path's steps (Eqs. 3-4), V(q, s_1..t); none for a path that it cannot read. */
export interface ScoreRecord {
  /** `pathKey` of the path. */
  readonly path: string;
  readonly probabilities: readonly number[];
}

/** A row of a supervised dataset. */
export interface SupervisedRow {
  readonly prompt: string;
  readonly completion: string;
}

/** A row of a preference dataset, in the field's format. */
export interface PreferenceRow {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  /** How much the pair counts, 1 on average; all count the same where absent. */
  readonly weight?: number;
}

/** A row of a stepwise dataset, in the field's format; `soft_labels` beside it are shares of roll-outs. */
export interface StepwiseRow {
  readonly prompt: string;
  readonly completions: readonly string[];
  /** Null for a step that has no label. */
  readonly labels: readonly (boolean | null)[];
  readonly soft_labels: readonly (number | null)[];
}
