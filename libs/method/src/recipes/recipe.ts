import type { Pairing } from '../pairs/preference-pairs.ts';

/**
 * Which model a training stage starts from. `previous` is M_{k-1} (METHOD.md's choice for M_k), `sft` is M_0, `base` is
 * the pre-trained model M.
 */
export type Initialise = 'previous' | 'sft' | 'base';

/** In which iterations of the loop a stage happens. */
export type When = 'every-iteration' | 'first-iteration';

/** The source of a fine-tuning's examples: the solved problems D_0, or own paths that earlier stages kept. */
type TuningData = 'solutions' | 'own-paths';

/** Own paths that are learnt from: those that reach the answer, or those of them that the verifier rewards highly too. */
export type KeptPaths = 'outcome' | 'outcome-and-reward';

/** One step of a method, as data. What a stage needs must come from an earlier one; `plan` checks that. */
export type Stage =
  | {
      readonly kind: 'sft';
      readonly initialise: Initialise;
      /** Own paths are those that the latest filter kept. */
      readonly data: readonly TuningData[];
    }
  | {
      /** Eq. 1: own paths, outcome labels, de-duplication, quotas. */
      readonly kind: 'sample';
      readonly decoding: 'sampled' | 'greedy';
    }
  | { /** Eq. 2: step labels by roll-outs. */ readonly kind: 'label'; readonly when: When }
  | {
      /** Eqs. 3-4: a process or an outcome reward model. */
      readonly kind: 'train-verifier';
      readonly reward: 'process' | 'outcome';
      readonly when: When;
    }
  | { /** Eq. 5: rewards of all paths. */ readonly kind: 'score' }
  | {
      /** Chooses the own paths to learn from. */
      readonly kind: 'filter';
      readonly by: KeptPaths;
      /** Whether the paths that earlier iterations kept stay, each once. */
      readonly accumulate: boolean;
    }
  | {
      /** Eq. 6. */
      readonly kind: 'pair';
      readonly pairing: Pairing;
      /** Whether D_k is joined with D_{k-1} (METHOD.md: it is). */
      readonly accumulate: boolean;
    }
  | {
      /** Eqs. 7-8 and its alternatives; `nll-chosen` is ORPO without the odds-ratio term. */
      readonly kind: 'align';
      readonly objective: 'orpo' | 'dpo' | 'rpo' | 'nll-chosen';
      readonly initialise: Initialise;
    }
  | { readonly kind: 'evaluate'; readonly prompt: 'zero-shot' | 'few-shot' };

export type StageKind = Stage['kind'];

/** A method of METHOD.md's table. */
export interface Recipe {
  /** Its name on the command line, lower case, e.g. `sipf`. */
  readonly name: string;
  /** Its name in the results table, e.g. `SIPF`. */
  readonly title: string;
  /** A description in one sentence. */
  readonly description: string;
  /** Who proposed it, and the equations of METHOD.md that it runs. */
  readonly source: string;
  /** Stages before the first iteration (iteration 0 of a plan). */
  readonly setup: readonly Stage[];
  /** Stages of every iteration; empty for a method without a loop. */
  readonly loop: readonly Stage[];
  /** The default number of iterations; 0 for a method without a loop. */
  readonly defaultIterations: number;
  /** Most iterations that make sense; 1 for methods of one round. */
  readonly maxIterations: number;
}
