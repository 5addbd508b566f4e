import type { DecoderConfig } from '@sipf/models';
import type { Problem, PromptStyle } from '@sipf/tasks';

/** A file of problems that a run will read. */
export interface OpenedData {
  /** The setting that names it, e.g. `task.train`. */
  readonly field: string;
  readonly file: string;
  readonly problems: readonly Problem[];
  /** The name of the task that reads it. */
  readonly task: string;
  /** Numbers of the lines that hold something: a problem each, but for tasks that make several of a line. */
  readonly lines: readonly number[];
  /** How a file of worked examples says that questions are put. */
  readonly style?: PromptStyle;
}

/** A setting that names the model under a verifier, the run's own or a compared one. */
export type VerifierBaseField = 'verifier.base.model' | `comparedVerifiers.${number}.base.model`;

/** A model folder that a run will load. */
export interface OpenedModel {
  /** The setting that names it. */
  readonly field: 'policy.model' | 'simulator.model' | VerifierBaseField;
  readonly folder: string;
  /** A warning about tensors that are not used. */
  readonly unused: string | undefined;
  readonly config: DecoderConfig;
  /** How many tokens a text has; undefined for one that the tokenizer has no tokens for. */
  readonly tokensOf: (text: string) => number | undefined;
  readonly parameters: number;
  /** Of them, those of an LM head that is not the embedding. */
  readonly lmHead: number;
  /** Bytes of an element of its matrices. */
  readonly storedBytes: number;
}
