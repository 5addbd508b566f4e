import { createRng } from '@sipf/random';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGenerator, type EngineGenerator } from './decode/generator.ts';
import { createScorer, type Scorer } from './scoring/scorer.ts';
import { collect } from './testing/collect.ts';
import { writeRandomAdapter, writeRandomBase, type BaseFolder } from './testing/random-adapter.ts';
import { RECIPE_POLICY } from './testing/random-model.ts';
import { mergeFolder } from './weights/merge-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'sipf-adapters-'));
const head = { kind: 'token-classification', numLabels: 2, features: 'hidden+confidence' } as const;
const prompts = [5, 40, 90].map((length, at) => idsOf(`prompt/${at}`, length));
const rows = Array.from({ length: 12 }, (_, at) => {
  const ids = idsOf(`row/${at}`, 8 + 5 * at);
  return { ids, promptLength: 4, stepEndPositions: [6, ids.length - 1] };
});
let base: BaseFolder;
let policies: readonly string[];
let verifiers: readonly string[];

function idsOf(seed: string, length: number): number[] {
  const rng = createRng(seed);
  return Array.from({ length }, () => 3 + rng.integer(RECIPE_POLICY.vocabSize - 3));
}

beforeAll(async () => {
  base = await writeRandomBase(root, RECIPE_POLICY);
  policies = [
    await writeRandomAdapter(root, 'all', { base }),
    await writeRandomAdapter(root, 'some', { base, rank: 8, targetModules: ['q_proj', 'down_proj'] }),
  ];
  verifiers = [
    await writeRandomAdapter(root, 'process', { base, head }),
    await writeRandomAdapter(root, 'outcome', { base, head, rank: 2, targetModules: ['v_proj'] }),
  ];
});

afterAll(() => {
  rmSync(root, { recursive: true });
});

/** Samples by (prompt, index): tokens and their log-probabilities. */
async function samplesOf(generator: EngineGenerator, n: number, only = prompts) {
  const sampling = { maxNewTokens: 12, temperature: 1, stopTokenIds: [] };
  const orders = only.map((promptIds, at) => ({ promptIds, n, seed: 7, key: String(at), sampling }));
  const samples = await collect(generator.generate(orders));
  return samples
    .sort((a, b) => a.requestIndex - b.requestIndex || a.sampleIndex - b.sampleIndex)
    .map(({ tokenIds, logProbs }) => ({ tokenIds, logProbs }));
}

async function scoresOf(scorer: Scorer, some = rows): Promise<(readonly number[])[]> {
  const scored = await collect(scorer.scoreSteps(some));
  return scored.sort((a, b) => a.rowIndex - b.rowIndex).map(({ probabilities }) => probabilities);
}

function expectNear(actual: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void {
  expect(actual).toHaveLength(wanted.length);
  actual.forEach((values, row) => {
    values.forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[row]?.[at] ?? NaN, 4);
    });
  });
}

it('samples from a base and its adapters side by side, each as alone and as its weights say', async () => {
  const generator = await createGenerator({ folder: base.folder }, { workers: 2 });
  const alone = await samplesOf(generator, 4);
  const views = await Promise.all(policies.map((folder) => generator.attach(folder)));
  const [first, second] = await Promise.all(views.map((view) => samplesOf(view, 4)));
  const together = await Promise.all([generator, ...views].map((view) => samplesOf(view, 4)));
  expect(together).toEqual([alone, first, second]);
  expect(first).not.toEqual(alone);
  // One row alone is a product of one row, which the runtime could compute by another kernel.
  expect(await samplesOf(views[0] as EngineGenerator, 1, prompts.slice(0, 1))).toEqual(first?.slice(0, 1));
  for (const [at, view] of views.entries()) {
    await generatesAsMerged(policies[at] as string, view);
    await view.close();
  }
  await generator.close();
});

async function generatesAsMerged(adapterFolder: string, view: EngineGenerator): Promise<void> {
  const merged = await createGenerator({ folder: base.folder, adapterFolder });
  expect(view.model).toEqual(merged.model);
  const [wanted, actual] = [await samplesOf(merged, 2), await samplesOf(view, 2)];
  await merged.close();
  expect(actual.map(({ tokenIds }) => tokenIds)).toEqual(wanted.map(({ tokenIds }) => tokenIds));
  const logProbs = (samples: typeof wanted) => samples.map((sample) => sample.logProbs);
  expectNear(logProbs(actual), logProbs(wanted));
}

it('scores with verifiers that are adapters of one base, each as alone and as its weights say', async () => {
  const scorer = await createScorer({ folder: base.folder });
  const views = await Promise.all(verifiers.map((folder) => scorer.attach(folder)));
  const [process, outcome] = await Promise.all(views.map((view) => scoresOf(view)));
  expect(process).not.toEqual(outcome);
  for (const [at, view] of views.entries()) {
    const merged = await createScorer({ folder: base.folder, adapterFolder: verifiers[at] as string });
    expectNear(await scoresOf(view), await scoresOf(merged));
    await merged.close();
    for (const row of [0, 11]) {
      expect(await scoresOf(view, rows.slice(row, row + 1))).toEqual([[process, outcome][at]?.[row]]);
    }
  }
  await expect(scoresOf(scorer)).rejects.toMatchObject({ reason: 'NOT_A_VERIFIER' });
  await scorer.close();
});

it('gives an adapter the same scores whatever was attached and freed before it', async () => {
  const scorer = await createScorer({ folder: base.folder });
  const [process = '', outcome = ''] = verifiers;
  const expected = await withView(scorer, outcome, (view) => scoresOf(view));
  for (let round = 0; round < 3; round++) await withView(scorer, process, (view) => scoresOf(view));
  expect(await withView(scorer, outcome, (view) => scoresOf(view))).toEqual(expected);
  await scorer.close();
});

async function withView<T>(
  scorer: Awaited<ReturnType<typeof createScorer>>,
  folder: string,
  use: (view: Scorer) => Promise<T>,
): Promise<T> {
  const view = await scorer.attach(folder);
  try {
    return await use(view);
  } finally {
    await view.close();
  }
}

it('refuses an adapter of another kind and keeps serving', async () => {
  const generator = await createGenerator({ folder: base.folder });
  const refused = generator.attach(verifiers[0] as string);
  await expect(refused).rejects.toMatchObject({ reason: 'NOT_A_LANGUAGE_MODEL' });
  await expect(generator.attach(base.folder)).rejects.toMatchObject({ reason: 'MODEL_FILE_NOT_FOUND' });
  expect(await samplesOf(generator, 1)).toHaveLength(prompts.length);
  await generator.close();
});

it.each([0, 1])('writes a folder of its own with the adapter of a verifier merged in (%i)', async (which) => {
  const adapterFolder = verifiers[which] as string;
  const out = join(root, `merged-${which}`);
  const digest = await mergeFolder({ folder: base.folder, adapterFolder, out });
  const both = [
    await createScorer({ folder: out, digest }),
    await createScorer({ folder: base.folder, adapterFolder }),
  ] as const;
  const [merged, atLoad] = [await scoresOf(both[0]), await scoresOf(both[1])];
  for (const scorer of both) await scorer.close();
  expect(merged).toEqual(atLoad);
});
