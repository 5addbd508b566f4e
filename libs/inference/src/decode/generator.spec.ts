import { createRng } from '@sipf/random';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi, onTestFinished } from 'vitest';
import { createScorer } from '../scoring/scorer.ts';
import type { WorkerEvent } from '../session/worker-pool.ts';
import { collect } from '../testing/collect.ts';
import { RECIPE_POLICY, randomModel } from '../testing/random-model.ts';
import { verifierConfig } from '../testing/random-verifier.ts';
import type { EngineSample } from './generated-sample.ts';
import type { GenerationRequest } from './generation-request.ts';
import { createGenerator, type EngineGenerator, type GeneratorOptions } from './generator.ts';

const POLICY = { ...RECIPE_POLICY, numKeyValueHeads: 2 };
const SOURCE = randomModel(POLICY, 'generator');
const STORIES = '../shared/models/stories260K';

let generator: EngineGenerator;
beforeAll(async () => {
  generator = await createGenerator(SOURCE, { workers: 2, slots: 16 });
});
afterAll(() => generator.close());

/** Prompts of 1 to 40 tokens and every kind of sampling. */
function variedRequest(index: number): GenerationRequest {
  const rng = createRng(`request/${index}`);
  const kinds = [
    {},
    { temperature: 1.3 },
    { greedy: true },
    { temperature: 0.7, topK: 20, topP: 0.9 },
    { minP: 0.05, repetitionPenalty: 1.2 },
    { greedy: true, repetitionPenalty: 1.3 },
  ];
  return {
    promptIds: Array.from({ length: 1 + rng.integer(40) }, () => rng.integer(POLICY.vocabSize)),
    n: 1 + (index % 3),
    seed: 11,
    key: `question ${index}`,
    sampling: { ...kinds[index % kinds.length], maxNewTokens: 4 + rng.integer(16) },
  };
}

const REQUESTS = Array.from({ length: 12 }, (_, index) => variedRequest(index));

function content(samples: readonly EngineSample[], requestIndex: number) {
  return samples
    .filter((sample) => sample.requestIndex === requestIndex)
    .sort((a, b) => a.sampleIndex - b.sampleIndex)
    .map(({ tokenIds, logProbs, finishReason }) => ({ tokenIds, logProbs, finishReason }));
}

it('gives each request the same bits in 200 random mixes as alone', async () => {
  const alone: ReturnType<typeof content>[] = [];
  for (const request of REQUESTS) alone.push(content(await collect(generator.generate([request])), 0));
  const rng = createRng('mixes');
  for (let round = 0; round < 10; round++) {
    const mixes = Array.from({ length: 20 }, () =>
      rng.shuffle([...REQUESTS.keys()]).slice(0, 1 + rng.integer(6)),
    );
    // The calls of one round run side by side, so each mix is itself mixed with others.
    const results = await Promise.all(
      mixes.map((mix) =>
        collect(generator.generate(mix.map((index) => REQUESTS[index] as GenerationRequest))),
      ),
    );
    mixes.forEach((mix, call) => {
      mix.forEach((index, position) => {
        expect(content(results[call] as EngineSample[], position)).toEqual(alone[index]);
      });
    });
  }
});

it('gives long samples with the same bits in a batch that was wide and in one that is not', async () => {
  const own = await createGenerator(randomModel(RECIPE_POLICY, 'long'), { slots: 16 });
  const sampling = { greedy: true, stopTokenIds: [] };
  const requests = Array.from({ length: 12 }, (_, index) => ({
    promptIds: Array.from({ length: 5 + 3 * index }, (_, at) => 3 + ((index + at * 17) % 60)),
    seed: 1,
    sampling: { ...sampling, maxNewTokens: 40 + 4 * index },
  }));
  const together = await collect(own.generate(requests));
  for (const [index, request] of requests.entries()) {
    const alone = content(await collect(own.generate([request])), 0);
    expect(alone).toEqual(content(together, index));
  }
  await own.close();
});

it('continues the samples of a prompt where an earlier request ended', async () => {
  const request = { ...variedRequest(0), n: 5 };
  const whole = content(await collect(generator.generate([request])), 0);
  const later = content(await collect(generator.generate([{ ...request, n: 2, firstSampleIndex: 3 }])), 0);
  expect(later).toEqual(whole.slice(3));
  expect(new Set(whole.map(({ tokenIds }) => tokenIds.join())).size).toBeGreaterThan(1);
});

it('reports log-probabilities that an uncached forward pass confirms', async () => {
  const samples = await collect(generator.generate(REQUESTS));
  const scorer = await createScorer(SOURCE);
  const rows = samples.map(({ requestIndex, tokenIds }) => {
    const { promptIds } = REQUESTS[requestIndex] as GenerationRequest;
    return { ids: [...promptIds, ...tokenIds], promptLength: promptIds.length };
  });
  for await (const { rowIndex, logProbs } of scorer.logProbs(rows)) {
    const cached = (samples[rowIndex] as EngineSample).logProbs;
    expect(logProbs).toHaveLength(cached.length);
    logProbs.forEach((value, at) => {
      expect(Math.abs(value - (cached[at] as number))).toBeLessThan(1e-4);
    });
  }
  await scorer.close();
});

it('samples tokens as often as the model says', async () => {
  const request = { promptIds: [5, 6, 7], n: 3000, seed: 's', sampling: { maxNewTokens: 1 } };
  const samples = await collect(generator.generate([request]));
  const byToken = Map.groupBy(samples, ({ tokenIds }) => tokenIds[0] as number);
  for (const [, drawn] of byToken) {
    const p = Math.exp((drawn[0] as EngineSample).meanLogProb);
    // Five standard deviations of a binomial share.
    expect(Math.abs(drawn.length / 3000 - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 3000) + 1e-3);
  }
});

it('repeats less under a repetition penalty, and never where it is large', async () => {
  const request = (repetitionPenalty: number) => ({
    promptIds: [5, 6, 7],
    seed: 0,
    sampling: { greedy: true, repetitionPenalty, maxNewTokens: 40, stopTokenIds: [] },
  });
  const distinct = async (penalty: number) => {
    const [sample] = await collect(generator.generate([request(penalty)]));
    return new Set([5, 6, 7, ...(sample?.tokenIds ?? [])]).size;
  };
  expect(await distinct(1)).toBeLessThan(30);
  expect(await distinct(1e6)).toBe(43);
});

it('ends at the model’s end token unless the request names others', async () => {
  const request = { promptIds: [5], n: 40, seed: 1, sampling: { maxNewTokens: 60 } };
  const samples = await collect(generator.generate([request]));
  const stopped = samples.filter(({ finishReason }) => finishReason === 'end-token');
  expect(stopped.length).toBeGreaterThan(0);
  for (const { tokenIds } of stopped) expect(tokenIds.indexOf(2)).toBe(tokenIds.length - 1);
  const endless = { ...request, sampling: { maxNewTokens: 60, stopTokenIds: [] } };
  for (const { tokenIds } of await collect(generator.generate([endless]))) expect(tokenIds).toHaveLength(60);
});

it.each([
  [{ promptIds: [] }, 'promptIds'],
  [{ promptIds: [71] }, 'promptIds'],
  [{ n: 0 }, 'n'],
  [{ sampling: { maxNewTokens: 300 } }, 'sampling.maxNewTokens'],
  [{ sampling: { maxNewTokens: 3, temperature: -1 } }, 'sampling.temperature'],
])('refuses %o and names the field', async (change, field) => {
  const wrong = { ...variedRequest(0), ...change };
  await expect(collect(generator.generate([wrong]))).rejects.toMatchObject({
    kind: 'invalid-argument',
    violations: [{ field }],
  });
});

it('stops a cancelled call, one past its time limit and one whose reader leaves, and serves on', async () => {
  const long = { promptIds: [1], n: 200, seed: 0, sampling: { maxNewTokens: 250, stopTokenIds: [] } };
  const controller = new AbortController();
  const cancelled = collect(generator.generate([long], { signal: controller.signal }));
  setTimeout(() => {
    controller.abort();
  }, 20);
  await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(collect(generator.generate([long], { timeoutMs: 20 }))).rejects.toMatchObject({
    kind: 'deadline-exceeded',
  });
  for await (const sample of generator.generate([REQUESTS[0] as GenerationRequest, long])) {
    expect(sample.requestIndex).toBe(0);
    break;
  }
  expect(await collect(generator.generate([variedRequest(1)]))).toHaveLength(2);
});

it('refuses more calls than it may hold', async () => {
  const small = await createGenerator(SOURCE, { slots: 4, maxConcurrentCalls: 1 });
  const first = small.generate([variedRequest(1)]);
  await first.next();
  await expect(small.generate([variedRequest(2)]).next()).rejects.toMatchObject({
    kind: 'resource-exhausted',
    reason: 'TOO_MANY_CALLS',
  });
  await first.return();
  expect(await collect(small.generate([variedRequest(2)]))).toHaveLength(3);
  await small.close();
});

it('ends its open calls when it is closed, and takes no more', async () => {
  const own = await createGenerator(SOURCE, { slots: 8 });
  const long = { promptIds: [1], n: 200, seed: 0, sampling: { maxNewTokens: 250, stopTokenIds: [] } };
  const open = own.generate([long]);
  await open.next();
  const ended = expect(collect(open)).rejects.toMatchObject({ kind: 'cancelled' });
  await own.close();
  await ended;
  await expect(collect(own.generate([long]))).rejects.toMatchObject({ kind: 'cancelled' });
});

it('refuses to write with a verifier', async () => {
  const verifier = randomModel(verifierConfig('hidden'), 'verifier');
  await expect(createGenerator(verifier)).rejects.toMatchObject({ reason: 'NOT_A_LANGUAGE_MODEL' });
});

async function withFragileWorker(options: GeneratorOptions) {
  const events: WorkerEvent[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'sipf-generator-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  vi.stubEnv('FRAGILE_WORKER_FLAG', join(folder, 'died'));
  const workerEntry = new URL('../testing/fragile-generation-worker.ts', import.meta.url);
  const fragile = await createGenerator(SOURCE, {
    ...options,
    workerEntry,
    onEvent: (event) => events.push(event),
  });
  return { fragile, events };
}

it('replaces a worker that dies, does its work again and says so', async () => {
  const { fragile, events } = await withFragileWorker({ workers: 2, slots: 16 });
  const many = Array.from({ length: 60 }, (_, index) => ({ ...variedRequest(index), key: `k${index}` }));
  const samples = await collect(fragile.generate(many));
  const kinds = new Set(events.map(({ kind }) => kind));
  expect(kinds).toEqual(new Set(['worker-lost', 'worker-replaced', 'work-retried']));
  const undisturbed = await collect(generator.generate(many));
  expect(samples).toHaveLength(undisturbed.length);
  for (const index of many.keys()) expect(content(samples, index)).toEqual(content(undisturbed, index));
  await fragile.close();
});

it.skipIf(!existsSync(STORIES))('writes the 200 greedy tokens that stories260K is known for', async () => {
  const stories = await createGenerator({ folder: STORIES }, { slots: 4 });
  const request = { promptIds: [1], seed: 0, sampling: { greedy: true, maxNewTokens: 200 } };
  const [sample] = await collect(stories.generate([request]));
  const expected = JSON.parse(readFileSync(join(STORIES, 'expected.json'), 'utf8')) as Record<string, string>;
  expect(sample?.text).toBe(expected['greedy_200_text']);
  const stop = { ...request, sampling: { ...request.sampling, stopStrings: ['park.', 'girl named L'] } };
  const [cut] = await collect(stories.generate([stop]));
  expect(cut).toMatchObject({ text: 'Once upon a time, there was a little ', finishReason: 'stop-string' });
  await stories.close();
});
