import { createGraph } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import type { DecoderConfig, TokenClassificationHead } from '../config/decoder-config.ts';
import { countingPositionIds, rightPaddedAttentionBias } from '../families/attention-bias.ts';
import { parameterShapes } from '../families/registry.ts';
import { batchOfIds, storedParameters, tinyConfig, tinyParameters } from '../families/testing/index.ts';
import { runningConfidence } from './confidence.ts';
import { headParameterShapes, initialVerifierHead, verifierHeadNames } from './head-parameters.ts';
import { verifierLogOdds } from './verifier.ts';

const verifier = (changes: Partial<TokenClassificationHead> = {}): DecoderConfig =>
  tinyConfig({ head: { kind: 'token-classification', numLabels: 2, features: 'hidden', ...changes } });

/** Log-odds [1, T] of a row whose completion starts at `start`. */
async function logOddsOf(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, Float32Array>,
  ids: readonly number[],
  start = 2,
) {
  const graph = createGraph('verifier');
  const inputIds = graph.input('ids', 'int64', [1, ids.length]);
  const completionMask = graph.constant(
    'float32',
    [1, ids.length],
    ids.map((_, index) => Number(index >= start)),
  );
  const logOdds = verifierLogOdds(config, storedParameters(graph, tensors), {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
    completionMask,
  });
  graph.output('logOdds', logOdds);
  const { logOdds: result } = await runGraph(graph, { ids: { shape: [1, ids.length], data: ids } });
  return result?.data ?? [];
}

describe('runningConfidence', () => {
  it('is the smallest log-probability of a completion token so far, and 0 before the completion', async () => {
    const graph = createGraph('confidence');
    const inputIds = graph.input('ids', 'int64', [2, 5]);
    const confidence = runningConfidence({
      // Column t belongs to the token at t + 1.
      nextTokenLogProbs: graph.constant('float32', [2, 5], [-9, -1, -3, -2, -8, -1, -1, -0.5, -4, -7]),
      completionMask: graph.constant('float32', [2, 5], [0, 0, 1, 1, 1, 0, 1, 1, 1, 0]),
      attentionBias: rightPaddedAttentionBias(inputIds),
    });
    graph.output('confidence', confidence);
    const ids = { shape: [2, 5], data: Array.from({ length: 10 }, () => 0) };
    const { confidence: result } = await runGraph(graph, { ids });
    expect(result).toEqual({ shape: [2, 5, 1], data: [0, 0, -1, -3, -3, 0, -1, -1, -1, -1] });
  });
});

describe('verifierLogOdds', () => {
  const ids = batchOfIds(6, tinyConfig());

  it('is the difference of the two labels, label 1 being "correct"', async () => {
    const config = verifier();
    const tensors = tinyParameters(config);
    const [score, bias] = [tensors.get('score.weight') ?? [], tensors.get('score.bias') ?? []];
    const single = new Map(tensors);
    single.set(
      'score.weight',
      Float32Array.from({ length: 8 }, (_, i) => (score[8 + i] ?? 0) - (score[i] ?? 0)),
    );
    single.set('score.bias', Float32Array.of((bias[1] ?? 0) - (bias[0] ?? 0)));
    const two = await logOddsOf(config, tensors, ids);
    const one = await logOddsOf(verifier({ numLabels: 1 }), single, ids);
    two.forEach((value, index) => {
      expect(value).toBeCloseTo(one[index] ?? NaN, 5);
    });
  });

  it('moves by the confidence times its weight where the head sees it', async () => {
    const config = verifier({ features: 'hidden+confidence' });
    const tensors = tinyParameters(config);
    const without = new Map(tensors).set('score_confidence.weight', new Float32Array(2));
    const seen = await logOddsOf(config, tensors, ids, 3);
    const unseen = await logOddsOf(config, without, ids, 3);
    const confidence = seen.map((value, index) => value - (unseen[index] ?? NaN));
    expect(confidence.slice(0, 3)).toEqual([0, 0, 0]);
    expect(confidence[3]).toBeLessThan(-0.1);
    confidence.slice(1).forEach((value, index) => {
      expect(value).toBeLessThanOrEqual((confidence[index] ?? NaN) + 1e-5);
    });
  });

  it('refuses a language model, and a head of three labels', async () => {
    const config = tinyConfig();
    await expect(logOddsOf(config, tinyParameters(config), ids)).rejects.toMatchObject({
      reason: 'NOT_A_VERIFIER',
    });
    const three = verifier({ numLabels: 3 });
    await expect(logOddsOf(three, tinyParameters(three), ids)).rejects.toMatchObject({
      reason: 'NOT_A_VERIFIER',
    });
  });
});

describe('head parameters', () => {
  it('has an LM head only where it is not tied, and for a verifier that sees the confidence', () => {
    expect([...headParameterShapes(tinyConfig()).keys()]).toEqual(['lm_head.weight']);
    expect(headParameterShapes(tinyConfig({ tieWordEmbeddings: true })).size).toBe(0);
    expect(parameterShapes(verifier()).has('lm_head.weight')).toBe(false);
    expect(parameterShapes(verifier({ features: 'hidden+confidence' })).has('lm_head.weight')).toBe(true);
  });

  it('starts a verifier that believes a path less the less likely the model finds it', () => {
    const config = verifier({ features: 'hidden+confidence' });
    expect(verifierHeadNames(config)).toEqual(['score.weight', 'score.bias', 'score_confidence.weight']);
    const head = initialVerifierHead(config, createRng(1));
    expect([...(head.get('score_confidence.weight') ?? [])]).toEqual([-0.5, 0.5]);
    expect(head.get('score.weight')).toEqual(initialVerifierHead(config, createRng(1)).get('score.weight'));
  });
});
