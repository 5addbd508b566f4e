import { createGenerator, createScorer, type WEIGHT_QUANTISATIONS } from '@sipf/inference';
import { createRng } from '@sipf/random';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { removeTemporaryFolders, saveTinyBase, TINY_CONFIG } from './testing/tiny-base.ts';
import { jobOn, run } from './testing/tiny-jobs.ts';

afterAll(removeTemporaryFolders);

const CONFIG = { ...TINY_CONFIG, hiddenSize: 64, headDim: 16, intermediateSize: 160, numHiddenLayers: 3 };
const LENGTH = 24;

const FOLLOWERS = createRng('followers').shuffle(Array.from({ length: 20 }, (_, token) => token));

/** Texts of a language in which the last token and chance decide on the next one. */
function texts(count: number, seed: string): number[][] {
  return Array.from({ length: count }, (_, index) => {
    const rng = createRng(`${seed}/${index}`);
    const ids = [1, 3 + rng.integer(20), 3 + rng.integer(20)];
    while (ids.length < LENGTH) {
      const last = ids.at(-1) ?? 0;
      ids.push(3 + (rng.uniform() < 0.8 ? (FOLLOWERS[last - 3] ?? 0) : rng.integer(20)));
    }
    return ids;
  });
}

let folder: string;
beforeAll(async () => {
  const examples = texts(240, 'learnt').map(([first = 1, ...rest]) => ({
    promptIds: [first],
    completionIds: rest,
  }));
  const settings = jobOn(await saveTinyBase(CONFIG), {
    dataset: { kind: 'supervised', examples },
    ...{ batchSize: 16, maxSteps: 260, schedule: { kind: 'cosine', learningRate: 5e-3, warmupRatio: 0.05 } },
  });
  await run(settings);
  folder = settings.outputFolder;
});

type Quantisation = (typeof WEIGHT_QUANTISATIONS)[number];

async function perplexity(quantisation: Quantisation): Promise<number> {
  const scorer = await createScorer({ folder, quantisation });
  const rows = texts(120, 'held out').map((ids) => ({ ids, promptLength: 3 }));
  let [sum, count] = [0, 0];
  for await (const { logProbs } of scorer.logProbs(rows)) {
    for (const value of logProbs) sum += value;
    count += logProbs.length;
  }
  await scorer.close();
  return Math.exp(-sum / count);
}

async function greedyTexts(quantisation: Quantisation): Promise<string[]> {
  const generator = await createGenerator({ folder, quantisation });
  const sampling = { greedy: true, maxNewTokens: 16, stopTokenIds: [] };
  const requests = texts(20, 'prompts').map((ids) => ({ promptIds: ids.slice(0, 6), seed: 0, sampling }));
  const found: string[] = [];
  for await (const { requestIndex, tokenIds } of generator.generate(requests))
    found[requestIndex] = tokenIds.join(' ');
  await generator.close();
  return found;
}

it('finds held-out texts nearly as likely with rounded weights as with those that were learnt', async () => {
  const [exact, ...rounded] = [
    await perplexity('none'),
    await perplexity('int8'),
    await perplexity('int4'),
  ] as const;
  // Of 20 tokens chance would find 20, and who knows the language 2.9.
  expect(exact).toBeLessThan(5);
  const [int8, int4] = rounded.map((found) => found / exact - 1) as [number, number];
  expect(Math.abs(int8)).toBeLessThan(0.005);
  expect(Math.abs(int4)).toBeLessThan(0.04);
});

it('writes greedily in 8 bits what the learnt weights write', async () => {
  const [exact, int8] = [await greedyTexts('none'), await greedyTexts('int8')];
  expect(exact.filter((text, at) => text === int8[at]).length).toBeGreaterThanOrEqual(18);
});
