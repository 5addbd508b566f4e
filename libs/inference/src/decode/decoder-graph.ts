import {
  argMax,
  concat,
  createGraph,
  gather,
  logSoftmax,
  mul,
  reduceMax,
  reshape,
  slice,
  softmax,
  type Graph,
  type Value,
  where,
} from '@sipf/graph';
import { decoderForward, dependsOnLength, lmHead, type DecoderConfig, type KeyValue } from '@sipf/models';
import type { WeightedGraph } from '../weights/adapted-sessions.ts';
import { adapterInputs, type AdapterForm } from '../weights/adapter-inputs.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import { graphWeights } from '../weights/graph-weights.ts';
import { layerCacheName, nextCacheName, promptCacheName } from './cache-names.ts';
import { sharedPromptAttention, type SharedPromptInputs } from './shared-prompt-attention.ts';

/**
 * The one graph of a generator: it reads prompts (T tokens a row, nothing cached) and continues rows (T = 1), so that both
 * use one copy of the weights. N tiles of up to R rows share a prompt of P keys each; S keys a row are its own.
 *
 * Inputs: inputIds, positionIds int64 [B, T]; attentionBias float32 [B, 1, T, P + T + S];
 * rowLengths int64 [B], where RoPE depends on them; keyPositions int64 [B, P + T + S], where a layer has a window;
 * tileHeads int64 [N, K, R], the b K + k of every seat;
 * rowTiles int64 [B K], each row's and head's seat in a tile as (n K + k) R + r;
 * prompt.<layer>.key and .value [N, K, P, Dh]; past.<layer>.key and .value [B, K, S, Dh];
 * headRows int64 [M], the tokens b T + t whose next one is asked for, and which of these [0, M) are
 * greedyRows, drawnRows, temperedRows (with float32 inverseTemperatures [., 1]) and filteredRows.
 *
 * Outputs: present [2 L B, K, T, Dh], keys then values of layer after layer; greedyTokens int64 and greedyLogProbs;
 * drawnProbabilities [., V]; temperedProbabilities and temperedLogProbs [., V], the latter at temperature 1;
 * filteredLogits [., V].
 *
 * @param form adapters of which any may be fed, see adapterInputs
 * @param keepsKeys whether the graph puts the first new keys and values where the input newest, bool [B, 1, S, 1], says, and
 *   returns past.* as next.*, which stay on the device
 */
export function buildDecoderGraph(
  weights: DecoderWeights,
  form: AdapterForm | undefined,
  keepsKeys: boolean,
): WeightedGraph {
  const { config } = weights;
  const { graph, parameters, external, inputIds, positionIds } = startDecoderGraph(weights, form);
  const shared = sharedInputs(graph, config);
  const { hidden, present } = decoderForward(config, parameters, {
    inputIds,
    positionIds,
    lengths: dependsOnLength(config) ? graph.input('rowLengths', 'int64', ['B']) : undefined,
    attentionBias: shared.attentionBias,
    attention: (layer) => sharedPromptAttention(config, layer, { ...shared, positionIds }),
  });
  const parts = present.flatMap(({ key, value }) => [key, value]);
  graph.output('present', concat(parts, 0));
  if (keepsKeys) outputKeys(graph, shared.pasts, present);
  const rows = reshape(hidden, [-1, config.hiddenSize]);
  const wanted = gather(rows, graph.input('headRows', 'int64', ['M']), 0);
  outputChoices(graph, lmHead(config, parameters, wanted));
  return { graph, external };
}

/** Whether a layer sees only some of the keys before it, which the graph finds by keyPositions. */
export function needsKeyPositions({ layerWindows = [] }: DecoderConfig): boolean {
  return layerWindows.some((window) => window !== null);
}

/** A decoder's graph with its parameters, and the tokens that it reads as inputs. */
export function startDecoderGraph(weights: DecoderWeights, form: AdapterForm | undefined) {
  const graph = createGraph('decoder');
  const { parameters: base, external } = graphWeights(graph, weights);
  return {
    ...{ graph, external },
    parameters: form === undefined ? base : adapterInputs(graph, base, form),
    inputIds: graph.input('inputIds', 'int64', ['B', 'T']),
    positionIds: graph.input('positionIds', 'int64', ['B', 'T']),
  };
}

/** What rows attend to, as inputs. */
export function sharedInputs(graph: Graph, config: DecoderConfig): Omit<SharedPromptInputs, 'positionIds'> {
  const { numKeyValueHeads: K, headDim: Dh } = config;
  const layers = Array.from({ length: config.numHiddenLayers }, (_, layer) => layer);
  const caches = (name: (layer: number, part: 'key' | 'value') => string, shape: (string | number)[]) =>
    layers.map((layer) => ({
      key: graph.input(name(layer, 'key'), 'float32', shape),
      value: graph.input(name(layer, 'value'), 'float32', shape),
    }));
  return {
    prompts: caches(promptCacheName, ['N', K, 'P', Dh]),
    pasts: caches(layerCacheName, ['B', K, 'S', Dh]),
    tileHeads: graph.input('tileHeads', 'int64', ['N', K, 'R']),
    rowTiles: graph.input('rowTiles', 'int64', [`${K}*B`]),
    attentionBias: graph.input('attentionBias', 'float32', ['B', 1, 'T', 'P+T+S']),
    keyPositions: needsKeyPositions(config)
      ? graph.input('keyPositions', 'int64', ['B', 'P+T+S'])
      : undefined,
  };
}

function outputKeys(graph: Graph, pasts: readonly KeyValue[], present: readonly KeyValue[]): void {
  const newest = graph.input('newest', 'bool', ['B', 1, 'S', 1]);
  pasts.forEach((past, layer) => {
    for (const part of ['key', 'value'] as const) {
      const first = slice((present[layer] as KeyValue)[part], { axis: 2, end: 1 });
      graph.output(nextCacheName(layer, part), where(newest, first, past[part]));
    }
  });
}

function outputChoices(graph: Graph, logits: Value): void {
  const rows = (name: string, count: string) => gather(logits, graph.input(name, 'int64', [count]), 0);
  const greedy = rows('greedyRows', 'Mg');
  graph.output('greedyTokens', argMax(greedy, 1));
  graph.output('greedyLogProbs', reduceMax(logSoftmax(greedy, 1), [1], false));
  graph.output('drawnProbabilities', softmax(rows('drawnRows', 'Md'), 1));
  const tempered = rows('temperedRows', 'Mt');
  const inverse = graph.input('inverseTemperatures', 'float32', ['Mt', 1]);
  graph.output('temperedProbabilities', softmax(mul(tempered, inverse), 1));
  graph.output('temperedLogProbs', logSoftmax(tempered, 1));
  graph.output('filteredLogits', rows('filteredRows', 'Mf'));
}
