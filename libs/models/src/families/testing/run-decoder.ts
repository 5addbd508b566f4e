import { createGraph, type Dim, type Value } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import type { DecoderConfig } from '../../config/decoder-config.ts';
import { lmHead } from '../../heads/lm-head.ts';
import { countingPositionIds, rightPaddedAttentionBias } from '../attention-bias.ts';
import type { DecoderInputs, LayerPast } from '../decoder-inputs.ts';
import { decoderForward } from '../registry.ts';
import { storedParameters } from './tiny-decoder.ts';

/** A configuration and its tensors. */
export interface TinyModel {
  readonly config: DecoderConfig;
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/** Tensors by name, as a graph returns them. */
export type Fetches = Awaited<ReturnType<typeof runGraph>>;

/** Logits, of some tokens alone where they are named, keys and values of whole rows without a past, row-major. */
export async function runWhole(
  model: TinyModel,
  ids: readonly number[],
  rows = 1,
  wanted?: readonly number[],
): Promise<Fetches> {
  const graph = createGraph('whole');
  const inputIds = graph.input('ids', 'int64', ['B', 'T']);
  outputAll(model, {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
    wanted: wanted && graph.constant('int64', [wanted.length], BigInt64Array.from(wanted, BigInt)),
  });
  return runGraph(graph, { ids: { shape: [rows, ids.length / rows], data: ids } });
}

/** A part of the past: its rows (1 for all alike) and how many positions it has. */
export type PastSegment = readonly [rows: Dim, length: number];

/**
 * Logits, keys and values of one further token a row at position `position`, after a past whose tensors are fed as
 * `<name>.<segment>`.
 */
export async function runContinuation(
  model: TinyModel,
  {
    segments,
    ids,
    position,
    feeds,
  }: {
    readonly segments: readonly PastSegment[];
    readonly ids: readonly number[];
    readonly position: number;
    readonly feeds: Readonly<Record<string, { shape: readonly number[]; data: readonly number[] }>>;
  },
): Promise<Fetches> {
  const graph = createGraph('continued');
  const { numKeyValueHeads: K, headDim: Dh, numHiddenLayers } = model.config;
  const width = segments.reduce((sum, [, length]) => sum + length, 1);
  const past = Array.from({ length: numHiddenLayers }, (_, layer): LayerPast =>
    segments.map(([rows, length], segment) => ({
      key: graph.input(`key.${layer}.${segment}`, 'float32', [rows, K, length, Dh]),
      value: graph.input(`value.${layer}.${segment}`, 'float32', [rows, K, length, Dh]),
    })),
  );
  outputAll(model, {
    inputIds: graph.input('ids', 'int64', ['B', 1]),
    positionIds: graph.input('positions', 'int64', ['B', 1]),
    attentionBias: graph.constant('float32', [1, 1, 1, width], new Float32Array(width)),
    past,
  });
  const shape = [ids.length, 1];
  return runGraph(graph, {
    ...feeds,
    ids: { shape, data: ids },
    positions: { shape, data: ids.map(() => position) },
  });
}

/** The fetched keys and values as the feeds of a continuation's segment. */
export function pastFeeds(cache: Fetches, segment = 0) {
  const parts = Object.entries(cache).filter(([name]) => /^(key|value)\./.test(name));
  return Object.fromEntries(parts.map(([name, tensor]) => [`${name}.${segment}`, tensor]));
}

/** Largest |a - b|; Infinity where the lengths differ or there is nothing. */
export function largestDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length || a.length === 0) return Infinity;
  return a.reduce((largest, value, index) => {
    const difference = Math.abs(value - (b[index] as number));
    return difference <= largest ? largest : difference;
  }, 0);
}

function outputAll({ config, tensors }: TinyModel, inputs: DecoderInputs): void {
  const { graph }: Value = inputs.inputIds;
  const parameters = storedParameters(graph, tensors);
  const { hidden, present } = decoderForward(config, parameters, inputs);
  graph.output('logits', lmHead(config, parameters, hidden));
  present.forEach(({ key, value }, layer) => {
    graph.output(`key.${layer}`, key);
    graph.output(`value.${layer}`, value);
  });
}
