import type { RunConfig } from '@sipf/contracts';
import { planRun, trainingStages } from '@sipf/runs';
import type { OpenedModel } from './check-models.ts';

const FLOAT = 4;
const GIB = 1024 ** 3;
/** Parameters, gradients and both moments of AdamW. */
const TRAINED = 4;

/** What a run will need, in bytes, as estimates. */
export interface Needs {
  /** Weights in float32. */
  readonly weights: number;
  /** Trained parameters' state. */
  readonly states: number;
  /** Models, checkpoints and adapters. */
  readonly disk: number;
}

/** Undefined for models that are trained from scratch, which are small. */
export function needsOf(config: RunConfig, models: readonly OpenedModel[]): Needs | undefined {
  const policy = models.find(({ field }) => field === 'policy.model');
  if (policy === undefined) return undefined;
  const weights = models.reduce((sum, { parameters }) => sum + parameters * FLOAT, 0);
  const { lora } = config.policy;
  const trained = lora === undefined ? policy.parameters : adapterParameters(policy, lora.rank);
  const states = trained * FLOAT * TRAINED;
  const saved = trainings(config) * trained * FLOAT;
  return { weights, states, disk: weights + saved };
}

/** In lines for people. */
export function describeNeeds({ weights, states, disk }: Needs): string[] {
  return [
    `memory, estimated: ${gib(weights)} for weights in float32 and ${gib(states)} for the trained parameters' state, beside activations`,
    `disk, estimated: ${gib(disk)} for models, checkpoints and adapters, beside paths`,
  ];
}

/** As if an adapter were on every linear layer. */
function adapterParameters({ config }: OpenedModel, rank: number): number {
  const { hiddenSize, intermediateSize, numHiddenLayers, numAttentionHeads, numKeyValueHeads, headDim } =
    config;
  const wide = numAttentionHeads * headDim;
  const narrow = numKeyValueHeads * headDim;
  const attention = 2 * (hiddenSize + wide) + 2 * (hiddenSize + narrow);
  return numHiddenLayers * rank * (attention + 3 * (hiddenSize + intermediateSize));
}

/** Stages that leave a model, each with a checkpoint of thrice its size while it runs. */
function trainings(config: RunConfig): number {
  return trainingStages(planRun(config)).length + 3;
}

/** E.g. `1.5 GiB`, `20 MiB`. */
export function gib(bytes: number): string {
  return bytes < GIB / 10 ? `${Math.ceil(bytes / 1024 ** 2)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`;
}
