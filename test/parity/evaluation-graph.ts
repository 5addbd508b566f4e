import '@sipf/inference/without-telemetry';
import { createGraph, type Dim, type Graph, sub, toOnnxModel, type Value } from '@sipf/graph';
import {
  type AdapterFolder,
  countingPositionIds,
  decoderForward,
  linearModules,
  lmHead,
  logOddsOf,
  type ModelFolder,
  nextTokenLogProbs,
  type ParameterSource,
  predictingMask,
  preferencePairs,
  rightPaddedAttentionBias,
  rowSums,
  type TensorSource,
  tokenClassificationHead,
  withLora,
} from '@sipf/models';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What a forward pass is built from. */
export interface EvaluatedModel {
  readonly model: ModelFolder;
  readonly adapter?: AdapterFolder;
  /** See DecoderInputs. */
  readonly inverseFrequencies?: Float32Array;
}

/** Evaluates a batch: outputs by name. */
export interface Evaluation {
  run(inputs: {
    readonly inputIds: BigInt64Array;
    readonly completionMask?: Float32Array;
    readonly rows: number;
  }): Promise<Readonly<Record<string, Float32Array>>>;
  release(): Promise<void>;
}

/** Outputs `logits` [B, T, V], or [B, T, labels] of a token-classification model. */
export async function openLogits(evaluated: EvaluatedModel): Promise<Evaluation> {
  const graph = createGraph('logits');
  const { logits } = forward(graph, evaluated, 'B');
  graph.output('logits', logits);
  return openEvaluation(graph);
}

/** Outputs `logps` and `mean_logps` [2 P] of the completions, and `log_odds` [P] between the pairs' sides. */
export async function openPairScores(evaluated: EvaluatedModel): Promise<Evaluation> {
  const graph = createGraph('pairs');
  const { logits, inputIds } = forward(graph, evaluated, '2*P');
  const completionMask = graph.input('completion_mask', 'float32', ['2*P', 'T']);
  const logProbs = { tokens: nextTokenLogProbs(logits, inputIds), mask: predictingMask(completionMask) };
  const { means } = preferencePairs(logProbs);
  graph.output('logps', rowSums(logProbs));
  graph.output('mean_logps.chosen', means.chosen);
  graph.output('mean_logps.rejected', means.rejected);
  graph.output('log_odds', sub(logOddsOf(means.chosen), logOddsOf(means.rejected)));
  return openEvaluation(graph);
}

function forward(graph: Graph, { model, adapter, inverseFrequencies }: EvaluatedModel, rows: Dim) {
  const { config } = model;
  const inputIds = graph.input('input_ids', 'int64', [rows, 'T']);
  const base = storedParameters(graph, model.tensors);
  const parameters =
    adapter === undefined
      ? base
      : withLora(base, {
          lora: adapter.lora,
          modules: linearModules(config),
          adapterParameters: storedParameters(graph, adapter.tensors),
        });
  const { hidden } = decoderForward(config, parameters, {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
    ...(inverseFrequencies === undefined ? {} : { inverseFrequencies }),
  });
  const logits =
    config.head === 'lm'
      ? lmHead(config, parameters, hidden)
      : tokenClassificationHead(config, parameters, { hidden });
  return { logits, inputIds };
}

function storedParameters(graph: Graph, tensors: TensorSource): ParameterSource {
  const known = new Map<string, Value>();
  return {
    parameter(name) {
      const value =
        known.get(name) ?? graph.initializer(name, 'float32', tensors.shape(name), tensors.float32(name));
      known.set(name, value);
      return value;
    },
  };
}

async function openEvaluation(graph: Graph): Promise<Evaluation> {
  const session = await InferenceSession.create(toOnnxModel(graph), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    async run({ inputIds, completionMask, rows }) {
      const dims = [rows, inputIds.length / rows];
      const feeds: Record<string, Tensor> = { input_ids: new Tensor('int64', inputIds, dims) };
      if (completionMask !== undefined)
        feeds['completion_mask'] = new Tensor('float32', completionMask, dims);
      const results = await session.run(feeds);
      return Object.fromEntries(
        Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
      );
    },
    release: () => session.release(),
  };
}
