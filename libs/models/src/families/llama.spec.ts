import { describe, expect, it } from 'vitest';
import type { DecoderConfig, RopeConfig } from '../config/decoder-config.ts';
import { parameterShapes } from './registry.ts';
import { batchOfIds, tinyConfig, tinyParameters } from './testing/index.ts';
import { largestDifference, runWhole } from './testing/run-decoder.ts';

type Tensors = ReadonlyMap<string, Float32Array>;

/** Logits of whole rows, row-major. */
async function logitsOf(config: DecoderConfig, tensors: Tensors, ids: readonly number[], rows = 1) {
  const { logits } = await runWhole({ config, tensors }, ids, rows);
  return logits?.data ?? [];
}

describe('llama', () => {
  const config = tinyConfig();
  const tensors = tinyParameters(config);

  it('gives a row the logits that it has alone', async () => {
    const ids = batchOfIds(15, config);
    const together = await logitsOf(config, tensors, ids, 3);
    const alone = await logitsOf(config, tensors, ids.slice(5, 10));
    const size = 5 * config.vocabSize;
    expect(largestDifference(together.slice(size, 2 * size), alone)).toBeLessThan(1e-5);
  });

  it('equals full attention whose key and value heads are repeated', async () => {
    const { headDim: Dh, hiddenSize: D } = config;
    const repeated = new Map(tensors);
    for (const [name, values] of tensors) {
      if (!/\.[kv]_proj\./.test(name)) continue;
      const heads = [0, 0, 1, 1].map((head) => values.subarray(head * Dh * D, (head + 1) * Dh * D));
      repeated.set(name, Float32Array.from(heads.flatMap((head) => [...head])));
    }
    const ids = batchOfIds(7, config);
    const full = await logitsOf({ ...config, numKeyValueHeads: 4 }, repeated, ids);
    expect(largestDifference(await logitsOf(config, tensors, ids), full)).toBeLessThan(1e-5);
  });

  it('adds the biases of projections that have them', async () => {
    const biased = tinyConfig({ attentionBias: true, mlpBias: true });
    const withBias = tinyParameters(biased);
    expect([...parameterShapes(biased).keys()].filter((name) => name.endsWith('.bias'))).toHaveLength(14);
    const without = new Map(
      [...withBias].map(([name, x]) => [name, name.endsWith('.bias') ? x.map(() => 0) : x]),
    );
    const ids = batchOfIds(5, config);
    const plain = await logitsOf(config, without, ids);
    expect(largestDifference(await logitsOf(biased, without, ids), plain)).toBeLessThan(1e-6);
    expect(largestDifference(await logitsOf(biased, withBias, ids), plain)).toBeGreaterThan(1e-3);
  });

  it('raises the base of dynamic RoPE once a row is longer than the original length', async () => {
    const rope: RopeConfig = { kind: 'dynamic', theta: 10_000, factor: 2, originalMaxPositionEmbeddings: 6 };
    const dynamic = tinyConfig({ rope });
    const short = batchOfIds(6, config);
    expect(
      largestDifference(await logitsOf(dynamic, tensors, short), await logitsOf(config, tensors, short)),
    ).toBe(0);
    const long = batchOfIds(9, config);
    // theta (factor length / original - (factor - 1))^(Dh / (Dh - 2)) with Dh = 4
    const raised = tinyConfig({ rope: { kind: 'default', theta: 10_000 * ((2 * 9) / 6 - 1) ** 2 } });
    const difference = largestDifference(
      await logitsOf(dynamic, tensors, long),
      await logitsOf(raised, tensors, long),
    );
    expect(difference).toBeLessThan(1e-5);
  });
});
