import { createScorer, type StepScoreRequest } from '@sipf/inference';
import { VERIFIER_FEATURES } from '@sipf/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { saveTinyBase, removeTemporaryFolders } from './testing/tiny-base.ts';
import { jobOn, LORA, REWARDS, run, steps } from './testing/tiny-jobs.ts';
import type { TrainingJob } from './training-job.ts';

afterAll(removeTemporaryFolders);

let base: string;
beforeAll(async () => {
  base = await saveTinyBase();
});
const job = (changes: Partial<TrainingJob> = {}): TrainingJob => jobOn(base, changes);

it.each(VERIFIER_FEATURES)(
  'trains a verifier (%s) from a language model, in full and as an adapter',
  async (features) => {
    const promptTemplate = 'Question: {question}\n';
    const verifierHead = { kind: 'token-classification', numLabels: 2, features, promptTemplate } as const;
    const reward = {
      objective: { kind: 'process-reward' },
      dataset: REWARDS,
      verifierHead,
      maxSteps: 30,
    } as const;
    const full = job({ ...reward, schedule: { learningRate: 1e-2 } });
    const adapter = job({ ...reward, schedule: { learningRate: 1e-2 }, trainable: LORA });
    const rows = [{ ids: [1, 3, 8, 9, 2], promptLength: 2, stepEndPositions: [2, 4] }];
    for (const settings of [full, adapter]) {
      const losses = steps(await run(settings)).map(({ values }) => values['loss'] as number);
      expect(losses.at(-1)).toBeLessThan(losses[0] as number);
      const source =
        settings === full
          ? { folder: full.outputFolder }
          : { folder: base, adapterFolder: adapter.outputFolder };
      const scorer = await createScorer(source);
      expect(scorer.model.config.head).toEqual(verifierHead);
      for await (const { probabilities } of scorer.scoreSteps(rows)) {
        expect(probabilities.every((probability) => probability > 0 && probability < 1)).toBe(true);
        expect(probabilities[0]).toBeLessThan(probabilities[1] as number);
      }
      await scorer.close();
    }
  },
);

it.each(VERIFIER_FEATURES)(
  'puts a head (%s) on a policy that is an adapter, and trains that further',
  async (features) => {
    const policy = job({ trainable: LORA, maxSteps: 2 });
    await run(policy);
    const verifierHead = { kind: 'token-classification', numLabels: 2, features } as const;
    const start = { kind: 'pretrained', folder: base, adapterFolder: policy.outputFolder } as const;
    const reward = {
      objective: { kind: 'process-reward' },
      dataset: REWARDS,
      verifierHead,
      trainable: LORA,
    } as const;
    const further = job({ ...reward, start, maxSteps: 30, schedule: { learningRate: 1e-2 } });
    const losses = steps(await run(further)).map(({ values }) => values['loss'] as number);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    const scorer = await createScorer({ folder: base, adapterFolder: further.outputFolder });
    expect(scorer.model.config.head).toEqual(verifierHead);
    await scorer.close();
    // What it is trained from has the head then, and is not given a new one.
    const again = job({
      ...reward,
      start: { ...start, adapterFolder: further.outputFolder },
      maxSteps: 1,
      schedule: { learningRate: 1e-3 },
    });
    const [first] = steps(await run(again));
    expect(first?.values['loss']).toBeLessThan(losses[0] as number);
  },
);

const REWARD_MODEL = {
  schedule: { learningRate: 1e-2 },
  verifierHead: { kind: 'token-classification', numLabels: 2, features: 'hidden' },
} as const;

async function scoresOf(folder: string, rows: readonly StepScoreRequest[]): Promise<number[][]> {
  const scorer = await createScorer({ folder });
  const scores: number[][] = [];
  for await (const { rowIndex, probabilities } of scorer.scoreSteps(rows))
    scores[rowIndex] = [...probabilities];
  await scorer.close();
  return scores;
}

it('learns soft labels as the probabilities that they are', async () => {
  const examples = [0.2, 0.85].flatMap((label, kind) =>
    Array.from({ length: 8 }, () => ({
      ids: [1, 3, 10 + kind, 2],
      promptLength: 2,
      stepEnds: [2],
      labels: [label],
    })),
  );
  const dataset = { kind: 'reward', examples } as const;
  const settings = job({ ...REWARD_MODEL, objective: { kind: 'process-reward' }, dataset, maxSteps: 120 });
  const losses = steps(await run(settings)).map(({ values }) => values['loss'] as number);
  // The best that a verifier can do on soft labels is their entropy.
  const entropy = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
  expect(losses.at(-1)).toBeCloseTo((entropy(0.2) + entropy(0.85)) / 2, 2);
  const rows = [10, 11].map((id) => ({ ids: [1, 3, id, 2], promptLength: 2, stepEndPositions: [2] }));
  const [low, high] = await scoresOf(settings.outputFolder, rows);
  expect(low?.[0]).toBeCloseTo(0.2, 1);
  expect(high?.[0]).toBeCloseTo(0.85, 1);
});

it('trains an outcome reward model on the label of the last step alone', async () => {
  // Every first step is labelled the other way round: an outcome reward model does not look there.
  const examples = Array.from({ length: 16 }, (_, index) => ({
    ids: [1, 3, 5 + (index % 2), 9, 2],
    promptLength: 2,
    stepEnds: [2, 4],
    labels: [1 - (index % 2), index % 2],
  }));
  const dataset = { kind: 'reward', examples } as const;
  const settings = job({ ...REWARD_MODEL, objective: { kind: 'outcome-reward' }, dataset, maxSteps: 60 });
  const metrics = steps(await run(settings));
  expect(metrics.at(-1)?.values['accuracy']).toBe(1);
  expect(metrics.at(-1)?.values['loss']).toBeLessThan(0.1);
  const rows = [5, 6].map((id) => ({ ids: [1, 3, id, 9, 2], promptLength: 2, stepEndPositions: [4] }));
  const [wrong, right] = await scoresOf(settings.outputFolder, rows);
  expect(wrong?.[0]).toBeLessThan(0.2);
  expect(right?.[0]).toBeGreaterThan(0.8);
});
