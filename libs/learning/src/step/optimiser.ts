import { adamW, biasCorrections, clipByGlobalNorm, globalNorm, type Graph, type Value } from '@sipf/graph';
import type { StateLayout } from './state-layout.ts';
import { STEP_NAMES, type StateUpdate, type TensorSpec } from './tensor-spec.ts';
import { decayed, type Decay } from './weight-decay.ts';

/** AdamW (Loshchilov and Hutter 2019) and the clipping before it, as torch.optim.AdamW and clip_grad_norm_ do them. */
export interface OptimiserSettings {
  /** @default 0.9 */
  readonly beta1?: number;
  /** @default 0.999 */
  readonly beta2?: number;
  /** Added to the root of the corrected second moment. @default 1e-8 */
  readonly epsilon?: number;
  /** Decoupled. @default 0 */
  readonly weightDecay?: number;
  /** What weight decay shrinks. @default 'matrices', as transformers' Trainer */
  readonly decay?: Decay;
  /** Largest global norm of the gradients; absent: they are not clipped. */
  readonly maxGradientNorm?: number;
}

/** Inputs that move from step to step, float32 scalars. */
export const OPTIMISER_SCALARS: readonly TensorSpec[] = [
  STEP_NAMES.learningRate,
  STEP_NAMES.firstCorrection,
  STEP_NAMES.secondCorrection,
].map((name) => ({ name, dtype: 'float32', shape: [] }));

/** The scalars of an update by input name; `step` is 1 for a run's first update. */
export function optimiserScalars(
  step: number,
  learningRate: number,
  settings: OptimiserSettings,
): Record<string, number> {
  const { biasCorrection1, biasCorrection2 } = biasCorrections(step, settings);
  return {
    [STEP_NAMES.learningRate]: learningRate,
    [STEP_NAMES.firstCorrection]: biasCorrection1,
    [STEP_NAMES.secondCorrection]: biasCorrection2,
  };
}

/** The moments' updates; the parameters' comes with them. */
export const OPTIMISER_STATE: readonly StateUpdate[] = [
  { input: STEP_NAMES.parameters, output: STEP_NAMES.nextParameters },
  { input: STEP_NAMES.firstMoment, output: STEP_NAMES.nextFirstMoment },
  { input: STEP_NAMES.secondMoment, output: STEP_NAMES.nextSecondMoment },
];

/**
 * Clips the packed gradient, adds the optimiser's inputs and outputs to the graph, and outputs `grad_norm`, the norm
 * before clipping. Every update depends on the whole gradient, so an output may be written over its input.
 */
export function outputUpdate(
  { parameters, gradient }: { readonly parameters: Value; readonly gradient: Value },
  layout: StateLayout,
  settings: OptimiserSettings,
): void {
  const { graph } = parameters;
  const { size } = layout;
  const { weightDecay = 0, decay = 'matrices' } = settings;
  const { clipped, norm } = clip(gradient, settings.maxGradientNorm);
  const learningRate = scalarInput(graph, STEP_NAMES.learningRate);
  const next = adamW(
    {
      parameter: decayed(parameters, layout, { weightDecay, decay, learningRate }),
      gradient: clipped,
      m: graph.input(STEP_NAMES.firstMoment, 'float32', [size]),
      v: graph.input(STEP_NAMES.secondMoment, 'float32', [size]),
    },
    {
      ...settings,
      weightDecay: 0,
      learningRate,
      biasCorrection1: scalarInput(graph, STEP_NAMES.firstCorrection),
      biasCorrection2: scalarInput(graph, STEP_NAMES.secondCorrection),
    },
  );
  graph.output(STEP_NAMES.nextParameters, next.parameter);
  graph.output(STEP_NAMES.nextFirstMoment, next.m);
  graph.output(STEP_NAMES.nextSecondMoment, next.v);
  graph.output(STEP_NAMES.gradientNorm, norm);
}

function clip(gradient: Value, maxNorm: number | undefined): { clipped: Value; norm: Value } {
  if (maxNorm === undefined) return { clipped: gradient, norm: globalNorm([gradient]) };
  const { gradients, norm } = clipByGlobalNorm([gradient], maxNorm);
  return { clipped: gradients[0] as Value, norm };
}

function scalarInput(graph: Graph, name: string): Value {
  return graph.input(name, 'float32', []);
}
