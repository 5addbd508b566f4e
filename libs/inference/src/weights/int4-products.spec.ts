import { createGraph, toOnnxModel } from '@sipf/graph';
import { createRng } from '@sipf/random';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EngineSample } from '../decode/generated-sample.ts';
import { createGenerator, type EngineGenerator } from '../decode/generator.ts';
import { createScorer } from '../scoring/scorer.ts';
import { openSession, sessionTensor } from '../session/session.ts';
import { collect } from '../testing/collect.ts';
import { randomModel, RECIPE_POLICY } from '../testing/random-model.ts';
import { INT4_BLOCK, int4Matrix } from './int4-blocks.ts';
import { matMulInt4 } from './int4-products.ts';

const CONFIG = { ...RECIPE_POLICY, numKeyValueHeads: 2 };
const SOURCE = randomModel(CONFIG, 'int4');

let exact: EngineGenerator;
let quantised: EngineGenerator;
beforeAll(async () => {
  [exact, quantised] = await Promise.all([
    createGenerator(SOURCE),
    createGenerator({ ...SOURCE, quantisation: 'int4' }),
  ]);
});
afterAll(() => Promise.all([exact.close(), quantised.close()]));

function request(index: number, n = 1) {
  const rng = createRng(`int4/${index}`);
  const promptIds = Array.from({ length: 4 + rng.integer(24) }, () => rng.integer(CONFIG.vocabSize));
  return { promptIds, n, seed: 3, key: String(index), sampling: { maxNewTokens: 12, stopTokenIds: [] } };
}

function bySample(samples: readonly EngineSample[], requestIndex: number) {
  const own = samples.filter((sample) => sample.requestIndex === requestIndex);
  return own
    .sort((a, b) => a.sampleIndex - b.sampleIndex)
    .map(({ tokenIds, logProbs }) => ({ tokenIds, logProbs }));
}

it('says what it serves', () => {
  expect([exact.model.quantisation, quantised.model.quantisation]).toEqual(['none', 'int4']);
});

it('finds its own tokens about as likely as the exact weights do, and not equally', async () => {
  const requests = Array.from({ length: 8 }, (_, index) => request(index, 4));
  const samples = await collect(quantised.generate(requests));
  const rows = samples.map(({ requestIndex, tokenIds }) => {
    const { promptIds = [] } = requests[requestIndex] ?? {};
    return { ids: [...promptIds, ...tokenIds], promptLength: promptIds.length };
  });
  const scorer = await createScorer(SOURCE);
  const differences: number[] = [];
  for await (const { rowIndex, logProbs } of scorer.logProbs(rows)) {
    logProbs.forEach((value, at) => differences.push(value - (samples[rowIndex]?.logProbs[at] ?? NaN)));
  }
  await scorer.close();
  const rms = Math.sqrt(differences.reduce((sum, x) => sum + x * x, 0) / differences.length);
  expect(rms).toBeGreaterThan(1e-4);
  expect(rms).toBeLessThan(0.2);
});

it('gives a sample the same bits alone and in company', async () => {
  const requests = Array.from({ length: 9 }, (_, index) => request(index, 1 + (index % 3)));
  const together = await collect(quantised.generate(requests));
  for (const [index, own] of requests.entries()) {
    expect(bySample(await collect(quantised.generate([own])), 0)).toEqual(bySample(together, index));
  }
});

it('multiplies within the error that rounding weights to 4 bits and inputs to 8 can make', async () => {
  const [M, N, K] = [5, 24, 96];
  const rng = createRng('int4/product');
  const x = Float32Array.from({ length: M * K }, () => rng.normal());
  const weight = Float32Array.from({ length: N * K }, () => rng.normal());
  const { codes, scales } = int4Matrix(weight, [N, K]);
  const graph = createGraph('product');
  const parts = [
    graph.initializer('codes', 'uint8', [N, K / INT4_BLOCK, INT4_BLOCK / 2], codes),
    graph.initializer('scales', 'float32', [scales.length], scales),
  ] as const;
  graph.output('y', matMulInt4(graph.input('x', 'float32', ['M', K]), parts, [N, K]));
  const session = await openSession(toOnnxModel(graph));
  const y = (await session.run({ x: sessionTensor('float32', [M, K], x) }))['y']?.data as Float32Array;
  await session.close();
  y.forEach((value, at) => {
    const [m, n] = [Math.floor(at / N), at % N];
    let [exact, bound] = [0, 1e-5];
    for (let start = 0; start < K; start += INT4_BLOCK) {
      const a = x.subarray(m * K + start, m * K + start + INT4_BLOCK);
      const b = weight.subarray(n * K + start, n * K + start + INT4_BLOCK);
      const [peakA, peakB] = [a, b].map((part) => Math.max(...part.map(Math.abs))) as [number, number];
      a.forEach((factor, index) => {
        exact += factor * (b[index] as number);
        // |a| |b' - b| + |b'| |a' - a|, where b' and a' are the rounded ones.
        const [moveA, moveB] = [peakA / 254, peakB / 14];
        bound += Math.abs(factor) * moveB + (Math.abs(b[index] as number) + moveB) * moveA;
      });
    }
    expect(Math.abs(value - exact)).toBeLessThan(bound);
  });
});
