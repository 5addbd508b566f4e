import { createGraph, gather, reshape } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { createGenerator, createScorer, type MemorySource } from '@sipf/inference';
import {
  countingPositionIds,
  decoderForward,
  lmHead,
  parameterShapes,
  parseDecoderConfig,
  rightPaddedAttentionBias,
  toHuggingFaceConfig,
} from '@sipf/models';
import { expect, it } from 'vitest';
import recorded from '../../fixtures/longrope.json' with { type: 'json' };

/** The largest difference of logits, as in the parity command. */
const TOLERANCE = 1e-4;
const config = parseDecoderConfig(recorded.config);
const shapes = parameterShapes(config);
const source: MemorySource = {
  config,
  tensors: new Map(recorded.names.map((name, k) => [name, formulaWeights(name, k)])),
};
const original = recorded.config.original_max_position_embeddings;

/** See record.py. */
function formulaWeights(name: string, k: number): Float32Array {
  const size = (shapes.get(name) ?? []).reduce((product, extent) => product * extent, 1);
  const wave = (i: number) => 0.4 * Math.sin(1.3 * i + k);
  return Float32Array.from({ length: size }, (_, i) => (name.includes('norm') ? 1 + wave(i) / 4 : wave(i)));
}

async function lastLogits(ids: readonly number[]): Promise<readonly number[]> {
  const graph = createGraph('longrope');
  const inputIds = graph.input('ids', 'int64', [1, 'T']);
  const parameters = {
    parameter: (name: string, shape: readonly (number | string)[]) =>
      graph.initializers.get(name)?.value ??
      graph.initializer(name, 'float32', shape as number[], source.tensors.get(name) ?? new Float32Array()),
  };
  const { hidden } = decoderForward(config, parameters, {
    inputIds,
    positionIds: countingPositionIds(inputIds),
    attentionBias: rightPaddedAttentionBias(inputIds),
  });
  const last = gather(
    reshape(hidden, [-1, config.hiddenSize]),
    graph.constant('int64', [1], [ids.length - 1]),
    0,
  );
  graph.output('logits', lmHead(config, parameters, last));
  const { logits } = await runGraph(graph, { ids: { shape: [1, ids.length], data: ids } });
  return logits?.data ?? [];
}

it('has the attention factor that transformers computes, and is written to config.json and read again', () => {
  expect(config.rope).toMatchObject({ kind: 'longrope', attentionFactor: recorded.attention_factor });
  expect(parseDecoderConfig(toHuggingFaceConfig(config, 'float32'))).toEqual(config);
});

it.each(recorded.rows)(
  'computes the logits of transformers after $ids',
  async ({ ids, last_logits: wanted }) => {
    const found = await lastLogits(ids);
    const errors = wanted.map((logit, index) => Math.abs(logit - (found[index] ?? NaN)));
    expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
  },
);

it('writes what transformers writes, short and long sequences in one batch', async () => {
  const generator = await createGenerator(source);
  const rows = recorded.rows.filter(({ ids }) => ids.length + 3 <= original || ids.length > original);
  expect(rows.map(({ ids }) => ids.length)).toEqual([5, original + 1, 12]);
  const requests = rows.map(({ ids }, index) => ({
    ...{ promptIds: ids, seed: 1, key: String(index) },
    sampling: { maxNewTokens: 3, greedy: true, stopTokenIds: [] },
  }));
  const written = new Map<number, readonly number[]>();
  for await (const { requestIndex, tokenIds } of generator.generate(requests))
    written.set(requestIndex, tokenIds);
  expect(rows.map((_, index) => written.get(index))).toEqual(rows.map(({ greedy }) => greedy));
  await generator.close();
});

it('refuses to continue a short prompt into a long sequence, whose keys would have other angles', async () => {
  const generator = await createGenerator(source);
  const request = { promptIds: [1, 3, 5], seed: 1, sampling: { maxNewTokens: original - 2 } };
  const refused = async () => {
    for await (const { text } of generator.generate([request])) expect(text).toBe('never');
  };
  await expect(refused()).rejects.toMatchObject({ reason: 'GENERATION_REQUEST_INVALID' });
  await generator.close();
});

it('scores a row by its own length, whatever it is padded to', async () => {
  const scorer = await createScorer(source);
  const rows = recorded.rows.map(({ ids }) => ({ ids, promptLength: 1 }));
  const sums = async (picked: typeof rows) => {
    const found: number[] = [];
    for await (const { rowIndex, sum } of scorer.logProbs(picked)) found[rowIndex] = sum;
    return found;
  };
  const together = await sums(rows);
  const alone = await Promise.all(rows.map(async (row) => (await sums([row]))[0]));
  expect(together).toEqual(alone);
  const [, border = []] = recorded.rows.map(({ ids }) => ids);
  const logits = await lastLogits(border.slice(0, -1));
  const most = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
  const last = (logits[border.at(-1) ?? 0] ?? NaN) - most - Math.log(total);
  const before = await sums([{ ids: border.slice(0, -1), promptLength: 1 }]);
  expect((together[1] ?? NaN) - (before[0] ?? NaN)).toBeCloseTo(last, 4);
  await scorer.close();
});
