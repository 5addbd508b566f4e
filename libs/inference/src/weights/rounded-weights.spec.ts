import { createGraph, toOnnxModel, type Graph, type Plainness } from '@sipf/graph';
import { createRng } from '@sipf/random';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineSample } from '../decode/generated-sample.ts';
import { createGenerator, type EngineGenerator } from '../decode/generator.ts';
import { createScorer } from '../scoring/scorer.ts';
import { plainnessOf } from '../session/execution-provider.ts';
import { openSession, sessionTensor } from '../session/session.ts';
import { collect } from '../testing/collect.ts';
import { decodedBlocks } from '../testing/decoded-blocks.ts';
import { randomModel, RECIPE_POLICY } from '../testing/random-model.ts';
import { roundedProduct, roundedRows, storeBlocks, type RoundedWeight } from './rounded-weights.ts';
import { WEIGHT_BLOCK, weightBlocks } from './weight-blocks.ts';

const CONFIG = { ...RECIPE_POLICY, numKeyValueHeads: 2 };
const SOURCE = randomModel(CONFIG, 'int4');

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

function normals(count: number, seed: string): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => rng.normal());
}

type Rounding = Pick<RoundedWeight, 'shape' | 'bits'>;

function inGraph(graph: Graph, values: Float32Array, { shape, bits }: Rounding): RoundedWeight {
  return storeBlocks(values, { name: 'weight', shape, bits }, (name, dims, data) =>
    graph.initializer(name, data instanceof Float32Array ? 'float32' : 'uint8', dims, data),
  );
}

const weightOf = ([N, K]: RoundedWeight['shape']) => normals(N * K, 'weight');

/** Rows x [M, K] times a rounded random weight's transpose. */
async function multiply(
  x: Float32Array,
  { shape, bits, threads = 1, plainness }: Rounding & { readonly threads?: number; plainness?: Plainness },
): Promise<Float32Array> {
  const K = shape[1];
  const graph = createGraph('product');
  const input = graph.input('x', 'float32', ['M', K]);
  graph.output('y', roundedProduct(input, inGraph(graph, weightOf(shape), { shape, bits })));
  const session = await openSession(toOnnxModel(graph, plainness), { threads });
  const { y } = await session.run({ x: sessionTensor('float32', [x.length / K, K], x) });
  await session.close();
  return y?.data as Float32Array;
}

describe.each([
  ['int8', 8, 0.02],
  ['int4', 4, 0.15],
] as const)('%s', (quantisation, bits, most) => {
  let exact: EngineGenerator;
  let rounded: EngineGenerator;
  beforeAll(async () => {
    [exact, rounded] = await Promise.all([
      createGenerator(SOURCE),
      createGenerator({ ...SOURCE, quantisation }),
    ]);
  });
  afterAll(() => Promise.all([exact.close(), rounded.close()]));

  it('says what it serves', () => {
    expect([exact.model.quantisation, rounded.model.quantisation]).toEqual(['none', quantisation]);
  });

  it('finds its own tokens about as likely as the exact weights do, and not equally', async () => {
    const requests = Array.from({ length: 8 }, (_, index) => request(index, 4));
    const samples = await collect(rounded.generate(requests));
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
    expect(rms).toBeLessThan(most);
  });

  it('gives a sample the same bits alone and in company', async () => {
    const requests = Array.from({ length: 9 }, (_, index) => request(index, 1 + (index % 3)));
    const together = await collect(rounded.generate(requests));
    for (const [index, own] of requests.entries()) {
      expect(bySample(await collect(rounded.generate([own])), 0)).toEqual(bySample(together, index));
    }
  });

  it.each([1, 2])(
    'gives a row of a product the same bits among any number of rows, %i threads',
    async (threads) => {
      const [M, N, K] = [40, 72, 104];
      const x = normals(M * K, 'rows');
      const whole = await multiply(x, { shape: [N, K], bits, threads });
      for (let rows = 2; rows < M; rows++) {
        const first = (rows * 7) % (M - rows);
        const part = await multiply(x.slice(first * K, (first + rows) * K), { shape: [N, K], bits, threads });
        expect(part).toEqual(whole.slice(first * N, (first + rows) * N));
      }
    },
  );

  it('multiplies within the error that rounding inputs to 8 bits can make', async () => {
    const [M, N, K] = [5, 24, 96];
    const x = normals(M * K, 'inputs');
    const weight = decodedBlocks(weightBlocks(weightOf([N, K]), [N, K], bits), [N, K], bits);
    const y = await multiply(x, { shape: [N, K], bits });
    y.forEach((value, at) => {
      const [m, n] = [Math.floor(at / N), at % N];
      let [wanted, bound] = [0, 1e-4];
      for (let start = 0; start < K; start += WEIGHT_BLOCK[bits]) {
        const a = x.subarray(m * K + start, m * K + start + WEIGHT_BLOCK[bits]);
        const b = weight.subarray(n * K + start, n * K + start + WEIGHT_BLOCK[bits]);
        const move = Math.max(...a.map(Math.abs)) / 254;
        a.forEach((factor, index) => {
          wanted += factor * (b[index] as number);
          bound += Math.abs(b[index] as number) * move;
        });
      }
      expect(Math.abs(value - wanted)).toBeLessThan(bound);
    });
  });

  it('multiplies inputs as they are for devices', async () => {
    const [M, N, K] = [5, 24, 72];
    const x = normals(M * K, 'inputs');
    const weight = decodedBlocks(weightBlocks(weightOf([N, K]), [N, K], bits), [N, K], bits);
    const y = await multiply(x, { shape: [N, K], bits, plainness: plainnessOf('webgpu') });
    y.forEach((value, at) => {
      const [row, column] = [x.subarray(Math.floor(at / N) * K), weight.subarray((at % N) * K)];
      let wanted = 0;
      for (let k = 0; k < K; k++) wanted += (row[k] as number) * (column[k] as number);
      expect(value).toBeCloseTo(wanted, 4);
    });
  });
});

it.each([64, 40])('gives rows of a table [9, %i] as its codes say', async (K) => {
  const values = normals(9 * K, 'table');
  const graph = createGraph('rows');
  const indices = graph.input('indices', 'int64', ['M']);
  graph.output('rows', roundedRows(inGraph(graph, values, { shape: [9, K], bits: 8 }), indices));
  const session = await openSession(toOnnxModel(graph));
  const wanted = BigInt64Array.of(3n, 8n, 0n, 3n);
  const { rows = sessionTensor('float32', [0], new Float32Array()) } = await session.run({
    indices: sessionTensor('int64', [4], wanted),
  });
  await session.close();
  const decoded = decodedBlocks(weightBlocks(values, [9, K], 8), [9, K], 8);
  const expected = [...wanted].flatMap((row) => [
    ...decoded.subarray(Number(row) * K, (Number(row) + 1) * K),
  ]);
  const found = [...(rows.data as Float32Array)];
  expect(found).toHaveLength(expected.length);
  found.forEach((value, at) => {
    expect(value).toBeCloseTo(expected[at] ?? NaN, 5);
  });
});
