import { createRng } from '@sipf/random';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createScorer } from '../scoring/scorer.ts';
import { collect } from '../testing/collect.ts';
import { RECIPE_POLICY, randomModel } from '../testing/random-model.ts';
import type { EngineSample } from './generated-sample.ts';
import type { GenerationRequest } from './generation-request.ts';
import { createGenerator, type EngineGenerator } from './generator.ts';
import { prefillPrompts } from './prefill.ts';

const SOURCE = randomModel(RECIPE_POLICY, 'log-probs');
const rng = createRng('prompts');
const PROMPTS = [1, 2, 17, 40, 130].map((length) => Array.from({ length }, () => rng.integer(71)));

let generator: EngineGenerator;
beforeAll(async () => {
  generator = await createGenerator(SOURCE, { slots: 8 });
});
afterAll(() => generator.close());

function request(promptIds: readonly number[], more: Partial<GenerationRequest> = {}): GenerationRequest {
  return { promptIds, seed: 1, promptLogProbs: true, sampling: { maxNewTokens: 0 }, ...more };
}

async function sampled(requests: readonly GenerationRequest[]): Promise<EngineSample[]> {
  const samples = await collect(generator.generate(requests));
  return samples.sort((a, b) => a.requestIndex - b.requestIndex || a.sampleIndex - b.sampleIndex);
}

it('gives of prompts what the scorer gives, alone or together, and writes nothing where nothing may be written', async () => {
  const scorer = await createScorer(SOURCE);
  const rows = PROMPTS.map((ids) => ({ ids, promptLength: 1 }));
  const scores = (await collect(scorer.logProbs(rows))).sort((a, b) => a.rowIndex - b.rowIndex);
  await scorer.close();
  const together = await sampled(PROMPTS.map((ids) => request(ids)));
  for (const [index, { prompt, tokenIds, finishReason, meanLogProb, text }] of together.entries()) {
    expect([tokenIds, finishReason, meanLogProb, text]).toEqual([[], 'length', 0, '']);
    const returned = prompt?.map(({ logProb }) => logProb) ?? [];
    const expected = scores[index]?.logProbs ?? [];
    expect(returned).toHaveLength((PROMPTS[index]?.length ?? 0) - 1);
    returned.forEach((logProb, at) => {
      expect(logProb).toBeCloseTo(expected[at] ?? NaN, 5);
    });
    const [alone] = await sampled([request(PROMPTS[index] ?? [])]);
    expect(alone?.prompt).toEqual(prompt);
  }
});

it.each([
  ['greedy', { greedy: true }],
  ['drawn', {}],
  ['tempered', { temperature: 0.7 }],
  ['filtered', { topK: 20, repetitionPenalty: 1.2 }],
])(
  'gives the same samples, to the bit, with what else might have been written: %s',
  async (_what, sampling) => {
    const plain = PROMPTS.map((promptIds) => ({
      promptIds,
      n: 1,
      seed: 3,
      sampling: { ...sampling, maxNewTokens: 6 },
    }));
    const own = await sampled(plain);
    const returned = await sampled(plain.map((one) => ({ ...one, topLogProbs: 4, promptLogProbs: true })));
    const bits = ({ tokenIds, logProbs }: EngineSample) => ({ tokenIds, logProbs });
    expect(returned.map(bits)).toEqual(own.map(bits));
    expect(own.flatMap(({ top, prompt }) => [...top, ...(prompt ?? [])])).toEqual([]);
    for (const { tokenIds, logProbs, top, prompt = [] } of returned) {
      expect(top.map((ranked) => ranked.length)).toEqual(tokenIds.map(() => 4));
      for (const [at, ranked] of top.entries()) {
        const own = ranked.find(({ token }) => token === tokenIds[at]);
        if (own !== undefined) expect(own.logProb).toBe(logProbs[at]);
        else expect(ranked.at(-1)?.logProb).toBeGreaterThanOrEqual(logProbs[at] ?? 0);
      }
      expect(prompt.every((token) => token.top.length === 4)).toBe(true);
    }
    const greedy = returned.flatMap(({ tokenIds, top }) =>
      tokenIds.map((id, at) => [id, top[at]?.[0]?.token]),
    );
    if (_what === 'greedy') for (const [written, likeliest] of greedy) expect(written).toBe(likeliest);
  },
);

it('names what is wrong with a request for log-probabilities', async () => {
  const refused = (more: Partial<GenerationRequest>) => expect(sampled([request([1, 2], more)])).rejects;
  await refused({ promptLogProbs: false }).toMatchObject({
    violations: [{ field: 'sampling.maxNewTokens' }],
  });
  await refused({ topLogProbs: -1 }).toMatchObject({ violations: [{ field: 'topLogProbs' }] });
});

it('fails of a model whose numbers are none those calls that read it, with a reason', async () => {
  const { config, tensors } = SOURCE;
  const norm = new Float32Array(config.hiddenSize).fill(NaN);
  const broken = { config, tensors: new Map([...tensors, ['model.norm.weight', norm]]) };
  await using stack = new AsyncDisposableStack();
  const host = await createGenerator(broken);
  stack.defer(() => host.close());
  for (const sampling of [{ greedy: true }, {}, { temperature: 2 }, { topP: 0.5 }]) {
    const call = collect(
      host.generate([{ promptIds: [1, 2], seed: 1, sampling: { ...sampling, maxNewTokens: 2 } }]),
    );
    await expect(call).rejects.toMatchObject({ kind: 'failed-precondition', reason: 'MODEL_INVALID' });
  }
  await expect(collect(host.generate([request([1, 2])]))).rejects.toMatchObject({ reason: 'MODEL_INVALID' });
});

it('reads a prompt again where its logits are too many to be fetched at once', async () => {
  const asked: number[] = [];
  const run = (inputs: Readonly<Record<string, { readonly data: unknown }>>) => {
    const rows = [...((inputs['headRows']?.data ?? []) as BigInt64Array)].map(Number);
    asked.push(rows.length);
    const logits = Float32Array.from(rows.flatMap((at) => [at, 0, 0]));
    return Promise.resolve({ present: { data: new Float32Array(4096) }, filteredLogits: { data: logits } });
  };
  const model = {
    ...{ shape: { layers: 1, heads: 1, headDim: 2 }, vocabSize: 3, mostLogits: 7 },
    ...{ queriesPerHead: 1, keyPositions: false, rowLengths: false, leastRows: 1, fewestChoices: 0 as const },
    repeats: false,
  };
  const prompts = [
    { ids: [0, 1, 2], wanted: { tokens: [1, 2, 0], top: 1 } },
    { ids: [1, 1] },
    { ids: [2, 2], wanted: { tokens: [1, 0], top: 0 } },
  ];
  const [first, second, third] = await prefillPrompts(run as never, model, { prompts, bucket: 16 });
  expect(asked).toEqual([2, 2, 1]);
  expect(second?.logProbs).toBeUndefined();
  const own = (at: number, id: number) => (id === 0 ? at : 0) - Math.log(Math.exp(at) + 2);
  const logProbs = [first, third].flatMap((read) => read?.logProbs?.map(({ logProb }) => logProb) ?? []);
  const expected = [own(0, 1), own(1, 2), own(2, 0), own(32, 1), own(33, 0)];
  logProbs.forEach((logProb, at) => {
    expect(logProb).toBeCloseTo(expected[at] ?? NaN, 5);
  });
  expect(logProbs).toHaveLength(5);
});
