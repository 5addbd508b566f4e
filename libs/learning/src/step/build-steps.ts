import {
  add,
  createGraph,
  type Graph,
  gradients,
  type Plainness,
  toOnnxModel,
  type Value,
} from '@sipf/graph';
import { lmHeadWeight, type MemorySettings, type ObjectiveSettings } from '@sipf/models';
import { objectiveInputs, type ObjectiveInputs } from './objective-inputs.ts';
import { objectiveLoss } from './objective-loss.ts';
import { OPTIMISER_SCALARS, OPTIMISER_STATE, type OptimiserSettings, outputUpdate } from './optimiser.ts';
import type { StateLayout } from './state-layout.ts';
import { STEP_NAMES, type StateUpdate, type TensorSpec } from './tensor-spec.ts';
import { frozenParameters, trainableLayout } from './trainable-layout.ts';
import { bindParameters, type BoundParameters, type ParameterBinding } from './trainable-parameters.ts';

/** What a training's graphs are built from. */
export interface StepSettings extends ParameterBinding {
  readonly objective: ObjectiveSettings;
  /** @default everything is kept for the backward pass */
  readonly memory?: MemorySettings;
  /** Blocks in which queries attend, which leaves out most of the masked scores; rows have as many tokens at least. @default 1 */
  readonly causalBlocks?: number;
  /** Pairs come in rows of prompt, chosen and rejected completion, see sharePrompts. @default false */
  readonly sharedPrompts?: boolean;
  /** What the device's graphs do without. @default nothing */
  readonly plainness?: Plainness | undefined;
}

/** A graph as bytes, and everything that is fed to it and comes out of it. */
export interface StepGraph {
  /** ONNX, for any execution provider. */
  readonly model: Uint8Array;
  /** How the trainable tensors share the state vectors. */
  readonly layout: StateLayout;
  /** The batch's tensors, see `objectiveInputs`. */
  readonly batch: readonly TensorSpec[];
  /** float32 scalars: the effective batch's counts, see `countItems`. */
  readonly counts: readonly string[];
  /**
   * Frozen parameters that are fed, by Hugging Face name, and parts of quantised ones; none where they are stored in the model.
   */
  readonly frozen: readonly TensorSpec[];
  /** State vectors, float32 [size]; an output may be written over its input. */
  readonly state: readonly StateUpdate[];
  /** Other scalars that are fed: the optimiser's, and a seed where there is dropout. */
  readonly scalars: readonly TensorSpec[];
  /** float32 scalars that come out, `loss` first; `grad_norm` where the step updates. */
  readonly metrics: readonly string[];
}

/**
 * One whole training step: forward, backward, clipping, AdamW. For effective batches that fit in one call.
 * @throws SipfError where objective, head and adapter do not fit together
 */
export function buildTrainingStep(settings: StepSettings, optimiser: OptimiserSettings): StepGraph {
  const step = startStep('training-step', settings);
  outputUpdate({ parameters: step.bound.flat, gradient: step.gradient }, step.bound.layout, optimiser);
  return finishStep(step, {
    state: OPTIMISER_STATE,
    scalars: OPTIMISER_SCALARS,
    metrics: [...step.metrics, STEP_NAMES.gradientNorm],
  });
}

/**
 * The gradient of one micro-batch, added to what has been gathered. Fed the counts of the whole effective batch, the
 * micro-batches' losses and metrics add up to the full batch's.
 * @throws SipfError as {@link buildTrainingStep}
 */
export function buildGradientStep(settings: StepSettings): StepGraph {
  const step = startStep('gradient-step', settings);
  const gathered = step.graph.input(STEP_NAMES.gradient, 'float32', [step.bound.layout.size]);
  step.graph.output(STEP_NAMES.nextGradient, add(gathered, step.gradient));
  return finishStep(step, {
    state: [
      { input: STEP_NAMES.parameters },
      { input: STEP_NAMES.gradient, output: STEP_NAMES.nextGradient },
    ],
    scalars: [],
    metrics: step.metrics,
  });
}

/** The update from a gathered gradient: clipping and AdamW. */
export function buildApplyStep(
  { config, trainable, plainness }: Pick<StepSettings, 'config' | 'trainable' | 'plainness'>,
  optimiser: OptimiserSettings,
): StepGraph {
  const graph = createGraph('apply-step');
  const layout = trainableLayout(config, trainable);
  const parameters = graph.input(STEP_NAMES.parameters, 'float32', [layout.size]);
  const gradient = graph.input(STEP_NAMES.gradient, 'float32', [layout.size]);
  outputUpdate({ parameters, gradient }, layout, optimiser);
  return {
    model: toOnnxModel(graph, plainness),
    layout,
    batch: [],
    counts: [],
    frozen: [],
    state: [...OPTIMISER_STATE, { input: STEP_NAMES.gradient }],
    scalars: OPTIMISER_SCALARS,
    metrics: [STEP_NAMES.gradientNorm],
  };
}

/** The loss and metrics alone, e.g. of held-out data. @throws SipfError as {@link buildTrainingStep} */
export function buildLossStep(settings: StepSettings): StepGraph {
  const step = startLoss('loss-step', settings);
  return finishStep(step, { state: [{ input: STEP_NAMES.parameters }], scalars: [], metrics: step.metrics });
}

interface StartedStep {
  readonly plainness: Plainness | undefined;
  readonly graph: Graph;
  readonly bound: BoundParameters;
  readonly inputs: ObjectiveInputs;
  readonly loss: Value;
  readonly metrics: readonly string[];
}

function startStep(name: string, settings: StepSettings): StartedStep & { readonly gradient: Value } {
  const step = startLoss(name, settings);
  const [gradient] = gradients(step.loss, [step.bound.flat]);
  if (gradient === undefined) throw new TypeError('a loss has one gradient by its one parameter vector');
  return { ...step, gradient };
}

function startLoss(name: string, settings: StepSettings): StartedStep {
  const { config, objective, memory, causalBlocks = 1, sharedPrompts = false } = settings;
  const graph = createGraph(name);
  const { head } = config;
  const confidence = head !== 'lm' && head.features !== 'hidden';
  const inputs = objectiveInputs(objective, { confidence, sharedPrompts });
  const values = addInputs(graph, inputs);
  const bound = bindParameters(graph, settings);
  const parameters = bound.source;
  const frozenHead = hasFrozenHead(settings);
  const model = { config, parameters, memory, causalBlocks, sharedPrompts, frozenHead };
  const result = objectiveLoss(model, objective, values);
  graph.output(STEP_NAMES.loss, result.loss);
  for (const [metric, value] of Object.entries(result.metrics)) graph.output(metric, value);
  return {
    plainness: settings.plainness,
    graph,
    bound,
    inputs,
    loss: result.loss,
    metrics: [STEP_NAMES.loss, ...Object.keys(result.metrics)],
  };
}

function hasFrozenHead({ config, trainable }: ParameterBinding): boolean {
  return frozenParameters(config, trainable).has(lmHeadWeight(config));
}

function addInputs(graph: Graph, { batch, counts }: ObjectiveInputs): (name: string) => Value {
  const values = new Map<string, Value>();
  for (const { name, dtype, shape } of batch) values.set(name, graph.input(name, dtype, shape));
  for (const name of counts) values.set(name, graph.input(name, 'float32', []));
  return (name) => {
    const value = values.get(name);
    if (value === undefined) throw new TypeError(`the objective has no input ${name}`);
    return value;
  };
}

function finishStep(
  { graph, bound, inputs, plainness }: StartedStep,
  rest: Pick<StepGraph, 'state' | 'scalars' | 'metrics'>,
): StepGraph {
  const seed: TensorSpec[] = bound.needsDropoutSeed
    ? [{ name: STEP_NAMES.dropoutSeed, dtype: 'int64', shape: [] }]
    : [];
  return {
    ...rest,
    model: toOnnxModel(graph, plainness),
    layout: bound.layout,
    batch: inputs.batch,
    counts: inputs.counts,
    frozen: bound.frozenInputs,
    scalars: [...rest.scalars, ...seed],
  };
}
