import {
  argMax,
  createGraph,
  logSoftmax,
  reduceMax,
  reshape,
  softmax,
  type Graph,
  type Value,
} from '@sipf/graph';
import { decoderForward, lmHead, type DecoderConfig, type DecoderOutputs, type KeyValue } from '@sipf/models';
import type { SamplingKind } from '../sampling/sampling-settings.ts';
import { initializerParameters, type ReadWeight } from '../weights/initializer-parameters.ts';
import { pastName, presentName } from './decode-batch.ts';

/** A model's shape and its tensors. */
export interface DecoderWeights {
  readonly config: DecoderConfig;
  readonly read: ReadWeight;
}

/**
 * Reads prompts from their beginning.
 * Inputs: inputIds, positionIds int64 [B, T]; attentionBias float32 [1, 1, T, T].
 * Outputs: present.<layer>.key and .value [B, K, T, Dh].
 */
export function buildPrefillGraph({ config, read }: DecoderWeights): Graph {
  const graph = createGraph('prefill');
  const { present } = decoderForward(config, initializerParameters(graph, read), {
    inputIds: graph.input('inputIds', 'int64', ['B', 'T']),
    positionIds: graph.input('positionIds', 'int64', ['B', 'T']),
    attentionBias: graph.input('attentionBias', 'float32', [1, 1, 'T', 'T']),
  });
  outputPresent(graph, present);
  return graph;
}

/**
 * Reads one token a row after what is cached, and computes what its kind of sampling needs.
 * Inputs: inputIds, positionIds int64 [B, 1]; attentionBias float32 [B, 1, 1, S + 1]; past.<layer>.key and .value
 * [B, K, S, Dh]. Outputs: present.<layer>.key and .value [B, K, 1, Dh], and by kind
 * greedy: tokens int64 [B], logProbs [B]; unit-temperature: probabilities [B, V]; host: logits [B, V].
 */
export function buildDecodeGraph({ config, read }: DecoderWeights, kind: SamplingKind, slots: number): Graph {
  const graph = createGraph('decode');
  const parameters = initializerParameters(graph, read);
  const cacheShape = [slots, config.numKeyValueHeads, 'S', config.headDim];
  const inputs = {
    inputIds: graph.input('inputIds', 'int64', [slots, 1]),
    positionIds: graph.input('positionIds', 'int64', [slots, 1]),
    attentionBias: graph.input('attentionBias', 'float32', [slots, 1, 1, 'S + 1']),
    past: Array.from({ length: config.numHiddenLayers }, (_, layer) => ({
      key: graph.input(pastName(layer, 'key'), 'float32', cacheShape),
      value: graph.input(pastName(layer, 'value'), 'float32', cacheShape),
    })),
  };
  const { hidden, present }: DecoderOutputs = decoderForward(config, parameters, inputs);
  outputPresent(graph, present);
  const logits = lmHead(config, parameters, reshape(hidden, [slots, config.hiddenSize]));
  outputChoice(graph, kind, logits);
  return graph;
}

function outputPresent(graph: Graph, present: readonly KeyValue[]): void {
  present.forEach(({ key, value }, layer) => {
    graph.output(presentName(layer, 'key'), key);
    graph.output(presentName(layer, 'value'), value);
  });
}

function outputChoice(graph: Graph, kind: SamplingKind, logits: Value): void {
  switch (kind) {
    case 'greedy':
      graph.output('tokens', argMax(logits, 1));
      graph.output('logProbs', reduceMax(logSoftmax(logits, 1), [1], false));
      return;
    case 'unit-temperature':
      graph.output('probabilities', softmax(logits, 1));
      return;
    case 'host':
      graph.output('logits', logits);
  }
}
