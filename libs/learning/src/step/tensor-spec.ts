import type { Dim, DType } from '@sipf/graph';

/** A tensor that goes into a step or comes out of it; symbols of the shape are bound by the batch that is fed. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** Names of a step's tensors other than those of the batch, the frozen parameters and the metrics. */
export const STEP_NAMES = {
  /** The trainable parameters, float32 [size], laid out as the step's layout says; `next` is the updated one. */
  parameters: 'parameters',
  nextParameters: 'next.parameters',
  /** AdamW's first and second moments, float32 [size], zeros at first. */
  firstMoment: 'first_moment',
  nextFirstMoment: 'next.first_moment',
  secondMoment: 'second_moment',
  nextSecondMoment: 'next.second_moment',
  /** Sum of the micro-batches' gradients, float32 [size], zeros before the first. */
  gradient: 'gradient',
  nextGradient: 'next.gradient',
  /** float32 scalars of the optimiser, see `optimiserScalars`. */
  learningRate: 'learning_rate',
  firstCorrection: 'first_correction',
  secondCorrection: 'second_correction',
  /** int64 scalar, another for every micro-batch; only where an adapter has dropout. */
  dropoutSeed: 'dropout_seed',
  /** float32 scalars that come out. */
  loss: 'loss',
  gradientNorm: 'grad_norm',
} as const;

/** A state vector's input, and the output that replaces it; read only where there is none. */
export interface StateUpdate {
  readonly input: string;
  readonly output?: string;
}
