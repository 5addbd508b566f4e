import { createGraph } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { describe, expect, it } from 'vitest';
import type { DecoderConfig, HeadConfig } from '../config/decoder-config.ts';
import { countingPositionIds, rightPaddedAttentionBias } from '../families/attention-bias.ts';
import {
  batchOfIds,
  plainLogits,
  storedParameters,
  tinyConfig,
  tinyParameters,
} from '../families/testing/index.ts';
import { verifierLogOdds } from './verifier.ts';

const pair: HeadConfig = {
  kind: 'token-pair',
  numLabels: 2,
  features: 'hidden',
  goodTokenId: 7,
  badTokenId: 4,
};
const mlp: HeadConfig = { kind: 'mlp-score', numLabels: 2, features: 'hidden' };

/** Log-odds at every token, by the graph. */
async function logOddsOf(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, Float32Array>,
  ids: readonly number[],
) {
  const graph = createGraph('verifier');
  const inputIds = graph.input('ids', 'int64', [1, ids.length]);
  const inputs = {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
  };
  graph.output('logOdds', verifierLogOdds(config, storedParameters(graph, tensors), inputs));
  const { logOdds } = await runGraph(graph, { ids: { shape: [1, ids.length], data: ids } });
  return logOdds?.data ?? [];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    expect(actual[index]).toBeCloseTo(value, 4);
  });
}

/** Hidden states [T][D] by plain loops: the logits of a head that is the identity. */
function plainHidden(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, Float32Array>,
  ids: readonly number[],
) {
  const { hiddenSize: D } = config;
  const identity = Float32Array.from({ length: D * D }, (_, at) => Number(at % (D + 1) === 0));
  const untied = { ...config, tieWordEmbeddings: false };
  return plainLogits(untied, new Map(tensors).set('lm_head.weight', identity), ids);
}

describe('a language model read at two tokens', () => {
  it.each([
    ['with a head of its own', {}],
    ['with a tied head', { tieWordEmbeddings: true }],
    ['with bounded logits', { finalLogitSoftcapping: 0.7 }],
  ])('gives the difference of their logits, %s', async (_what, changes: Partial<DecoderConfig>) => {
    const config = tinyConfig({ head: pair, ...changes });
    const tensors = tinyParameters(config);
    const ids = batchOfIds(9, config);
    const expected = plainLogits(config, tensors, ids).map((logits) => (logits[7] ?? 0) - (logits[4] ?? 0));
    expectClose(await logOddsOf(config, tensors, ids), expected);
  });

  it('reads the bias of the head, where there is one', async () => {
    const config = tinyConfig({ head: pair, lmHeadBias: true });
    const tensors = tinyParameters(config);
    const ids = batchOfIds(5, config);
    const expected = plainLogits(config, tensors, ids).map((logits) => (logits[7] ?? 0) - (logits[4] ?? 0));
    expectClose(await logOddsOf(config, tensors, ids), expected);
  });
});

describe('a score head of two layers', () => {
  it('gives label 1 against label 0 of W_2 relu(W_0 h + b_0) + b_2', async () => {
    const config = tinyConfig({ head: mlp });
    const tensors = tinyParameters(config);
    const ids = batchOfIds(7, config);
    const tensor = (name: string) => tensors.get(name) ?? new Float32Array();
    const row = (name: string, at: number, x: readonly number[]) =>
      x.reduce(
        (sum, value, d) => sum + value * (tensor(`${name}.weight`)[at * x.length + d] ?? NaN),
        tensor(`${name}.bias`)[at] ?? NaN,
      );
    const expected = plainHidden(config, tensors, ids).map((hidden) => {
      const inner = hidden.map((_, at) => Math.max(0, row('score.0', at, hidden)));
      return row('score.2', 1, inner) - row('score.2', 0, inner);
    });
    expectClose(await logOddsOf(config, tensors, ids), expected);
  });
});
