import type { Value } from '@sipf/graph';

/** A training loss in the graph, with what is worth watching beside it. */
export interface ObjectiveResult {
  /** float32 scalar */
  readonly loss: Value;
  /**
   * float32 scalars under TRL's names. Each is a sum over the batch's rows over a normaliser of the whole effective
   * batch, so that the micro-batches' values add up to the full batch's, as the losses do.
   */
  readonly metrics: Readonly<Record<string, Value>>;
}

/** Whether every pair brings a weight of its own. @default false */
type PairWeighting = boolean;

/** What a model is trained for, with the weights of its terms. */
export type ObjectiveSettings =
  | { readonly kind: 'sft' }
  | {
      readonly kind: 'orpo';
      /** Weight of the odds-ratio term, about 0.1. */
      readonly lambda: number;
      /** Tokens of the NLL term: the chosen completion's, or the whole chosen sequence's (as TRL's trainer). */
      readonly nll: 'completion' | 'sequence';
      readonly pairWeights?: PairWeighting;
    }
  | { readonly kind: 'dpo'; readonly beta: number; readonly pairWeights?: PairWeighting }
  | {
      readonly kind: 'rpo';
      readonly beta: number;
      /** Weight of the chosen path's NLL. */
      readonly nllWeight: number;
      readonly pairWeights?: PairWeighting;
    }
  | { readonly kind: 'process-reward' }
  | { readonly kind: 'outcome-reward' };

export type ObjectiveKind = ObjectiveSettings['kind'];
