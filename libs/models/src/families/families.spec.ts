import { createGraph, type Graph, gradients, mul, reduceSum, type Value } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import { loraParameterNames, loraParameterShapes } from '../adapters/lora-config.ts';
import { initialLora, mergeLora, withLora } from '../adapters/lora.ts';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { lmHead } from '../heads/lm-head.ts';
import { verifierLogOdds } from '../heads/verifier.ts';
import { causalAttentionBias, countingPositionIds, rightPaddedAttentionBias } from './attention-bias.ts';
import { decoderForward, linearModules, loraTargets, parameterShapes } from './registry.ts';
import {
  batchOfIds,
  EVERY_FAMILY,
  plainLogits,
  storedParameters,
  tinyFamily,
  tinyParameters,
} from './testing/index.ts';
import {
  largestDifference,
  pastFeeds,
  runContinuation,
  runWhole,
  type TinyModel,
} from './testing/run-decoder.ts';

const LENGTH = 8;
const GATED = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];
const TARGETS: Readonly<Partial<Record<string, readonly string[]>>> = {
  phi: ['q_proj', 'k_proj', 'v_proj', 'dense', 'fc1', 'fc2'],
  phi3: ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'],
};

/** The last `count` rows of a matrix of this width, flat. */
function lastRows(values: readonly number[] | undefined, width: number, count = 1): readonly number[] {
  return values?.slice(-width * count) ?? [];
}

describe.each(EVERY_FAMILY)('%s', (modelType) => {
  const config = tinyFamily(modelType);
  const tensors = tinyParameters(config);
  const model = { config, tensors };
  const ids = batchOfIds(LENGTH, config);

  it('computes what plain loops in double precision compute', async () => {
    const { logits } = await runWhole(model, ids);
    const wanted = plainLogits(config, tensors, ids).flat();
    expect(largestDifference(logits?.data ?? [], wanted)).toBeLessThan(2e-5);
    expect(Math.max(...wanted) - Math.min(...wanted)).toBeGreaterThan(0.5);
  });

  it('gives the wanted tokens alone what it gives them among all', async () => {
    const whole = await runWhole(model, [...ids, ...ids.toReversed()], 2);
    const wanted = [LENGTH - 1, 2, LENGTH + 3, 2];
    const some = await runWhole(model, [...ids, ...ids.toReversed()], 2, wanted);
    const rowOf = (token: number) =>
      whole.logits?.data.slice(token * config.vocabSize, (token + 1) * config.vocabSize) ?? [];
    expect(some.logits?.shape).toEqual([1, wanted.length, config.vocabSize]);
    expect(largestDifference(some.logits?.data ?? [], wanted.flatMap(rowOf))).toBeLessThan(1e-6);
    const { logits: one, ...cache } = some;
    const { logits: all, ...wholeCache } = whole;
    expect(one).not.toEqual(all);
    expect(cache).toEqual(wholeCache);
  });

  it('has the gradients of every tensor that central differences of the plain loops have', async () => {
    const graph = createGraph('gradients');
    const inputIds = graph.input('ids', 'int64', [1, LENGTH]);
    const parameters = storedParameters(graph, tensors);
    const { hidden } = decoderForward(config, parameters, {
      inputIds,
      positionIds: countingPositionIds(inputIds),
      attentionBias: rightPaddedAttentionBias(inputIds),
    });
    const loss = reduceSum(mul(lmHead(config, parameters, hidden), weighting(graph, config)));
    const shapes = [...parameterShapes(config)];
    const wanted = shapes.map(([name, shape]) => parameters.parameter(name, shape));
    gradients(loss, wanted).forEach((gradient, index) => {
      graph.output(`d.${shapes[index]?.[0] ?? ''}`, gradient);
    });
    const results = await runGraph(graph, { ids: { shape: [1, LENGTH], data: ids } });
    for (const [name] of shapes) {
      const found = results[`d.${name}`]?.data ?? [];
      // The embedding of a token that is read, and the last element of what is never gathered.
      const index =
        name === 'model.embed_tokens.weight' ? (ids[2] ?? 0) * config.hiddenSize : found.length - 1;
      const slope = plainSlope(model, ids, { name, index });
      expect(Math.abs((found[index] ?? NaN) - slope), name).toBeLessThan(2e-4 * Math.max(1, Math.abs(slope)));
    }
  });

  it('gives the uncached logits wherever a cached decode stands', async () => {
    const { logits } = await runWhole(model, ids);
    for (const length of [1, 3, LENGTH - 1]) {
      const next = await runContinuation(model, {
        segments: [[1, length]],
        ids: ids.slice(length, length + 1),
        position: length,
        feeds: pastFeeds(await runWhole(model, ids.slice(0, length))),
      });
      const wanted = logits?.data.slice(length * config.vocabSize, (length + 1) * config.vocabSize) ?? [];
      expect(largestDifference(next['logits']?.data ?? [], wanted)).toBeLessThan(1e-5);
    }
  });

  it('lets rows share the segment of their prompt and keep one of their own', async () => {
    const { headDim: Dh, numKeyValueHeads: K } = config;
    const prompt = ids.slice(0, 4);
    const tails = [
      [3, 7],
      [9, 2],
    ];
    const shared = pastFeeds(await runWhole(model, prompt));
    const own = await Promise.all(tails.map((tail) => runWhole(model, [...prompt, ...tail.slice(0, 1)])));
    const feeds: Record<string, { shape: readonly number[]; data: readonly number[] }> = { ...shared };
    for (const name of Object.keys(pastFeeds(own[0] ?? {}, 1))) {
      const source = name.replace(/\.1$/, '');
      // The last of the five positions of each head.
      const data = own.flatMap((cache) =>
        (cache[source]?.data ?? []).filter((_, index) => index % (5 * Dh) >= 4 * Dh),
      );
      feeds[name] = { shape: [2, K, 1, Dh], data };
    }
    const next = await runContinuation(model, {
      segments: [
        [1, 4],
        ['B', 1],
      ],
      ids: tails.flatMap((tail) => tail.slice(1)),
      position: 5,
      feeds,
    });
    const whole = await Promise.all(tails.map((tail) => runWhole(model, [...prompt, ...tail])));
    const wanted = whole.flatMap(({ logits }) => lastRows(logits?.data, config.vocabSize));
    expect(largestDifference(next['logits']?.data ?? [], wanted)).toBeLessThan(1e-5);
  });

  it('hides padding on the left behind the attention mask', async () => {
    const graph = createGraph('padded');
    const inputIds = graph.input('ids', 'int64', ['B', 'T']);
    const parameters = storedParameters(graph, tensors);
    const { hidden } = decoderForward(config, parameters, {
      inputIds,
      positionIds: graph.input('positions', 'int64', ['B', 'T']),
      attentionBias: causalAttentionBias(graph.input('mask', 'int64', ['B', 'T'])),
    });
    graph.output('logits', lmHead(config, parameters, hidden));
    const shape = [1, LENGTH + 2];
    const padded = await runGraph(graph, {
      ids: { shape, data: [5, 5, ...ids] },
      positions: { shape, data: [0, 0, ...ids.keys()] },
      mask: { shape, data: [0, 0, ...ids.map(() => 1)] },
    });
    const { logits } = await runWhole(model, ids);
    const real = lastRows(padded['logits']?.data, config.vocabSize, LENGTH);
    expect(largestDifference(real, logits?.data ?? [])).toBeLessThan(1e-5);
  });

  it('names its linear modules as PEFT targets them, and adapts each of them', async () => {
    expect(loraTargets(config)).toEqual(TARGETS[modelType] ?? GATED);
    const lora = { rank: 2, alpha: 6, targetModules: loraTargets(config), dropout: 0 };
    const modules = linearModules(config);
    expect(modules.size).toBe(2 * loraTargets(config).length);
    const rng = createRng('adapter');
    const fresh = initialLora(loraParameterShapes(lora, modules), rng);
    const adapter = new Map([...fresh].map(([name, x]) => [name, x.map(() => 0.2 * rng.normal())]));
    const graph = createGraph('adapted');
    const inputIds = graph.input('ids', 'int64', ['B', 'T']);
    const parameters = withLora(storedParameters(graph, tensors), {
      lora,
      modules,
      adapterParameters: storedParameters(graph, adapter),
    });
    const { hidden } = decoderForward(config, parameters, {
      inputIds,
      positionIds: countingPositionIds(inputIds),
      attentionBias: rightPaddedAttentionBias(inputIds),
    });
    graph.output('logits', lmHead(config, parameters, hidden));
    const inside = await runGraph(graph, { ids: { shape: [1, LENGTH], data: ids } });
    const merged = new Map(tensors);
    for (const module of modules.keys()) {
      const names = loraParameterNames(module);
      const [weight, a, b] = [tensors.get(`${module}.weight`), adapter.get(names.a), adapter.get(names.b)];
      if (weight && a && b)
        merged.set(
          `${module}.weight`,
          mergeLora({ weight, a, b }, { rank: lora.rank, scaling: lora.alpha / lora.rank }),
        );
    }
    const wanted = plainLogits(config, merged, ids).flat();
    expect(largestDifference(inside['logits']?.data ?? [], wanted)).toBeLessThan(5e-5);
  });

  it.each(['hidden', 'hidden+confidence'] as const)(
    'carries a verifier head that sees %s',
    async (features) => {
      const verifier = tinyFamily(modelType, { kind: 'token-classification', numLabels: 2, features });
      const logOdds = await logOddsOf(verifier, ids);
      expect(logOdds).toHaveLength(LENGTH);
      expect(logOdds.every(Number.isFinite)).toBe(true);
      expect(new Set(logOdds).size).toBeGreaterThan(1);
      const hasLmHead = [...parameterShapes(verifier).keys()].some((name) => name.startsWith('lm_head'));
      const ownHead = !verifier.tieWordEmbeddings || verifier.lmHeadBias === true;
      expect(hasLmHead).toBe(features === 'hidden+confidence' && ownHead);
    },
  );
});

/** Fixed weights of the logits, so that a loss depends on each of them. */
function lossWeights({ vocabSize }: DecoderConfig): number[] {
  return Array.from({ length: LENGTH * vocabSize }, (_, index) => Math.sin(1.7 * index + 0.4));
}

function weighting(graph: Graph, config: DecoderConfig): Value {
  const shape = [1, LENGTH, config.vocabSize];
  return graph.constant('float32', shape, lossWeights(config));
}

/** The derivative of the weighted logits by one element of a tensor. */
function plainSlope(
  { config, tensors }: TinyModel,
  ids: readonly number[],
  { name, index }: { readonly name: string; readonly index: number },
): number {
  const weights = lossWeights(config);
  const lossAt = (step: number) => {
    const moved = Float32Array.from(tensors.get(name) ?? []);
    moved[index] = (moved[index] ?? NaN) + step;
    const logits = plainLogits(config, new Map(tensors).set(name, moved), ids).flat();
    const loss = logits.reduce((sum, logit, index) => sum + logit * (weights[index] ?? NaN), 0);
    return { loss, at: moved[index] };
  };
  const [above, below] = [lossAt(1e-3), lossAt(-1e-3)];
  return (above.loss - below.loss) / (above.at - below.at);
}

async function logOddsOf(config: DecoderConfig, ids: readonly number[]): Promise<readonly number[]> {
  const graph = createGraph('verifier');
  const inputIds = graph.input('ids', 'int64', [1, ids.length]);
  const completion = ids.map((_, index) => Number(index >= 2));
  const parameters = storedParameters(graph, tinyParameters(config));
  graph.output(
    'logOdds',
    verifierLogOdds(config, parameters, {
      inputIds,
      positionIds: countingPositionIds(inputIds),
      attentionBias: rightPaddedAttentionBias(inputIds),
      completionMask: graph.constant('float32', [1, ids.length], completion),
    }),
  );
  const { logOdds } = await runGraph(graph, { ids: { shape: [1, ids.length], data: ids } });
  return logOdds?.data ?? [];
}
