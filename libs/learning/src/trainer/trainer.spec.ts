import { createGenerator, createScorer, type StepScoreRequest } from '@sipf/inference';
import { loadAdapterFolder, loadModelFolder, toHuggingFaceConfig, VERIFIER_FEATURES } from '@sipf/models';
import { createRng } from '@sipf/random';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, vi } from 'vitest';
import { addReferenceLogProbs } from '../data/reference-log-probs.ts';
import type { TrainingDataset } from '../data/training-example.ts';
import { saveTinyBase, temporaryFolder, TINY_CONFIG } from './testing/tiny-base.ts';
import { createTrainer } from './trainer.ts';
import type { StepMetrics, TrainingEvent, TrainingJob } from './training-job.ts';

let base: string;
beforeAll(async () => {
  base = await saveTinyBase();
});

/** Prompts of two digits whose completion repeats them in turned order. */
const SUPERVISED: TrainingDataset = {
  kind: 'supervised',
  examples: Array.from({ length: 40 }, (_, index) => {
    const rng = createRng(`example/${index}`);
    const [a, b] = [3 + rng.integer(10), 3 + rng.integer(10)];
    return { promptIds: [1, a, b], completionIds: index % 3 === 0 ? [b, 2] : [b, a, 2] };
  }),
};

const PAIRS = Array.from({ length: 12 }, (_, index) => ({
  promptIds: [1, 3 + index],
  chosenIds: [4, 5, 2],
  rejectedIds: [6, 2],
}));

const REWARDS: TrainingDataset = {
  kind: 'reward',
  examples: Array.from({ length: 16 }, (_, index) => ({
    ids: [1, 3 + (index % 5), 8 + (index % 2), 9, 2],
    promptLength: 2,
    stepEnds: [2, 4],
    labels: [index % 2, index % 4 === 0 ? null : 1],
  })),
};

function job(changes: Partial<TrainingJob> = {}): TrainingJob {
  return {
    start: { kind: 'pretrained', folder: base },
    objective: { kind: 'sft' },
    trainable: { kind: 'full' },
    dataset: SUPERVISED,
    optimiser: { maxGradientNorm: 1, weightDecay: 0.01 },
    schedule: { kind: 'cosine', learningRate: 3e-3, warmupRatio: 0.1 },
    batchSize: 8,
    maxSteps: 9,
    seed: 5,
    outputFolder: join(temporaryFolder(), 'out'),
    ...changes,
  };
}

const LORA = {
  kind: 'lora',
  lora: { rank: 4, alpha: 8, targetModules: ['q_proj', 'v_proj', 'down_proj'], dropout: 0.1 },
} as const;

async function run(settings: TrainingJob): Promise<TrainingEvent[]> {
  const trainer = createTrainer();
  const events: TrainingEvent[] = [];
  for await (const event of trainer.train(settings)) events.push(event);
  await trainer.close();
  return events;
}

function steps(events: readonly TrainingEvent[]): StepMetrics[] {
  return events.filter((event) => event.kind === 'step');
}

function digest(events: readonly TrainingEvent[]): string | undefined {
  return events.find((event) => event.kind === 'finished')?.digest;
}

/** Runs until the fifth update, cancels there, and gives what was seen. */
async function interrupted(settings: TrainingJob): Promise<TrainingEvent[]> {
  const trainer = createTrainer();
  const events: TrainingEvent[] = [];
  for await (const event of trainer.train(settings)) {
    events.push(event);
    if (event.kind === 'step' && event.step === 5) break;
  }
  await trainer.close();
  return events;
}

it.each([
  ['full fine-tuning', {}],
  ['LoRA with dropout and accumulation', { trainable: LORA, accumulation: 3 }],
] as const)('goes on after an interruption to the same bits: %s', async (_, changes) => {
  const whole = await run(job(changes));
  const checkpoint = { file: join(temporaryFolder(), 'state.safetensors'), everySteps: 2 };
  const settings = job({ ...changes, checkpoint });
  await interrupted(settings);
  const resumed = await run(settings);
  const [started] = resumed;
  expect(started).toMatchObject({ kind: 'started', totalSteps: 9 });
  expect(started?.kind === 'started' && started.stepsDone).toBeGreaterThanOrEqual(4);
  expect(steps(resumed)).toEqual(steps(whole));
  expect(digest(resumed)).toBe(digest(whole));
});

it('lowers the loss, and its result generates what it was taught', async () => {
  const settings = job({ maxSteps: 150, schedule: { kind: 'linear', learningRate: 1e-2 } });
  const losses = steps(await run(settings)).map(({ values }) => values['loss'] as number);
  expect(losses[0]).toBeGreaterThan(2);
  expect(losses.at(-1)).toBeLessThan(0.6);
  const generator = await createGenerator({ folder: settings.outputFolder }, { slots: 4 });
  const request = { promptIds: [1, 5, 7], seed: 0, sampling: { greedy: true, maxNewTokens: 4 } };
  for await (const { tokenIds } of generator.generate([request])) {
    expect(tokenIds[0]).toBe(7);
    expect(tokenIds.at(-1)).toBe(2);
  }
  await generator.close();
});

it('gives the same losses however an update is cut into parts', async () => {
  const whole = steps(await run(job()));
  const parts = steps(await run(job({ accumulation: 4 })));
  whole.forEach(({ values }, index) => {
    const other = parts[index]?.values ?? {};
    expect(Object.keys(other).sort()).toEqual(Object.keys(values).sort());
    expect(other['loss']).toBeCloseTo(values['loss'] as number, 4);
    expect(other['grad_norm']).toBeCloseTo(values['grad_norm'] as number, 3);
  });
});

it('runs two trainings side by side and refuses a third', async () => {
  const trainer = createTrainer();
  const [first, second] = [trainer.train(job()), trainer.train(job({ seed: 6 }))];
  await Promise.all([first.next(), second.next()]);
  expect(trainer.running).toBe(2);
  await expect(trainer.train(job()).next()).rejects.toMatchObject({ reason: 'TOO_MANY_JOBS' });
  const finish = async (training: AsyncIterable<TrainingEvent>) => {
    let last: TrainingEvent | undefined;
    for await (const event of training) last = event;
    return last;
  };
  expect(await Promise.all([finish(first), finish(second)])).toMatchObject([
    { kind: 'finished', steps: 9 },
    { kind: 'finished', steps: 9 },
  ]);
  await trainer.close();
});

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

it.each(['orpo', 'dpo', 'rpo'] as const)('prefers the chosen completion after %s', async (kind) => {
  const reference = await createScorer({ folder: base });
  const examples = await addReferenceLogProbs(PAIRS, reference);
  await reference.close();
  const objectives = {
    orpo: { kind, lambda: 0.5, nll: 'completion' },
    dpo: { kind, beta: 0.1 },
    rpo: { kind, beta: 0.1, nllWeight: 1 },
  };
  const settings = job({
    objective: objectives[kind] as TrainingJob['objective'],
    dataset: { kind: 'preference', examples },
    maxSteps: 20,
  });
  const metrics = steps(await run(settings));
  const margin = (at: number) => metrics.at(at)?.values['rewards/margins'] as number;
  // Before the first update the policy is its own reference.
  if (kind !== 'orpo') expect(margin(0)).toBeCloseTo(0, 4);
  expect(margin(-1)).toBeGreaterThan(margin(0));
});

it('goes on with an adapter that it is given', async () => {
  const first = job({ trainable: LORA, maxSteps: 30 });
  const before = steps(await run(first)).at(-1)?.values['loss'] as number;
  const start = { kind: 'pretrained', folder: base, adapterFolder: first.outputFolder } as const;
  const [step] = steps(await run(job({ start, trainable: LORA, maxSteps: 1 })));
  const [fresh] = steps(await run(job({ trainable: LORA, maxSteps: 1 })));
  const loss = step?.values['loss'] as number;
  expect(loss).toBeLessThan(fresh?.values['loss'] as number);
  expect(Math.abs(loss - before)).toBeLessThan(0.5);
});

it('trains an adapter on a quantised base, recomputing layers, and resumes to the same bits', async () => {
  const changes = { trainable: LORA, quantisation: 'nf4-double', recomputeLayers: true } as const;
  const whole = await run(job({ ...changes, maxSteps: 9 }));
  const [started] = whole;
  const { bytes, float32Bytes } = (started?.kind === 'started' && started.frozenWeights) || {};
  expect(bytes).toBeLessThan(0.4 * (float32Bytes ?? NaN));
  const losses = steps(whole).map(({ values }) => values['loss'] as number);
  expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  const checkpoint = { file: join(temporaryFolder(), 'state.safetensors'), everySteps: 2 };
  const settings = job({ ...changes, checkpoint });
  await interrupted(settings);
  const resumed = await run(settings);
  expect(steps(resumed)).toEqual(steps(whole));
  expect(digest(resumed)).toBe(digest(whole));
  // The result is an adapter of the base as it is on disk.
  const scorer = await createScorer({ folder: base, adapterFolder: settings.outputFolder });
  for await (const { sum } of scorer.logProbs([{ ids: [1, 5, 7, 7, 5, 2], promptLength: 3 }])) {
    expect(Number.isFinite(sum)).toBe(true);
  }
  await scorer.close();
});

it('gives the same losses where the vocabulary is worked through piece by piece', async () => {
  const whole = steps(await run(job()));
  const inPieces = steps(await run(job({ vocabularyPiece: 10 })));
  whole.forEach(({ values }, index) => {
    for (const name of ['loss', 'mean_token_accuracy', 'entropy']) {
      expect(inPieces[index]?.values[name]).toBeCloseTo(values[name] as number, 4);
    }
  });
});

it('says that the provider does not compute in bfloat16', async () => {
  const training = run(job({ precision: 'bfloat16' }));
  await expect(training).rejects.toMatchObject({
    reason: 'TRAINING_INVALID',
    violations: [{ field: 'precision', description: expect.stringContaining('cpu') as string }],
  });
});

it('recomputes layers without changing a loss', async () => {
  const kept = steps(await run(job({ trainable: LORA })));
  const recomputed = steps(await run(job({ trainable: LORA, recomputeLayers: true })));
  kept.forEach(({ values }, index) => {
    expect(recomputed[index]?.values['loss']).toBeCloseTo(values['loss'] as number, 4);
  });
});

it('trains embedding and LM head whole beside an adapter where that is asked for', async () => {
  const untied = await saveTinyBase({ ...TINY_CONFIG, tieWordEmbeddings: false });
  const start = { kind: 'pretrained', folder: untied } as const;
  const trainable = { ...LORA, modulesToSave: ['embed_tokens', 'lm_head'] };
  const settings = job({ start, trainable, maxSteps: 60, schedule: { learningRate: 1e-2 } });
  const losses = steps(await run(settings)).map(({ values }) => values['loss'] as number);
  const adapterOnly = steps(
    await run(job({ start, trainable: LORA, maxSteps: 60, schedule: { learningRate: 1e-2 } })),
  );
  expect(losses.at(-1)).toBeLessThan(adapterOnly.at(-1)?.values['loss'] as number);
  const model = await loadModelFolder(untied);
  const adapter = await loadAdapterFolder(settings.outputFolder, model);
  model.close();
  expect(adapter.savedTensors).toEqual(['model.embed_tokens.weight', 'lm_head.weight']);
  adapter.close();
  // Going on with an adapter that has not trained them whole starts from the base's.
  const more = { ...start, adapterFolder: settings.outputFolder };
  const [next] = steps(await run(job({ start: more, trainable, maxSteps: 1 })));
  expect(Math.abs((next?.values['loss'] as number) - (losses.at(-1) as number))).toBeLessThan(0.3);
  const tied = run(job({ trainable: { ...LORA, modulesToSave: ['lm_head'] } }));
  await expect(tied).rejects.toThrow(/tied to embed_tokens/);
});

it('reads fewer tokens where batches hold examples of like length', async () => {
  const lengths = Array.from({ length: 64 }, (_, index) => 2 + ((index * 13) % 40));
  const examples = lengths.map((length) => ({
    promptIds: [1],
    completionIds: Array.from({ length }, (_, at) => 3 + (at % 9)),
  }));
  const changes = { dataset: { kind: 'supervised', examples }, batchSize: 8, maxSteps: 8 } as const;
  const tokens = (events: readonly TrainingEvent[]) =>
    steps(events).reduce((sum, step) => sum + step.tokens, 0);
  const mixed = tokens(await run(job(changes)));
  const grouped = tokens(await run(job({ ...changes, groupByLength: true })));
  expect(grouped).toBeLessThan(0.75 * mixed);
});

it('trains fresh weights from a configuration alone', async () => {
  const configFolder = join(temporaryFolder(), 'config');
  mkdirSync(configFolder);
  writeFileSync(
    join(configFolder, 'config.json'),
    JSON.stringify(toHuggingFaceConfig(TINY_CONFIG, 'float32')),
  );
  const start = { kind: 'scratch', configFolder } as const;
  const [one, same] = await Promise.all([run(job({ start })), run(job({ start }))]);
  expect(digest(one)).toBe(digest(same));
  expect(digest(await run(job({ start, seed: 6 })))).not.toBe(digest(one));
});

it('goes on after its worker has died, says so, and gives every step once', async () => {
  vi.stubEnv('FRAGILE_WORKER_FLAG', join(temporaryFolder(), 'died'));
  const workerEntry = new URL('./testing/fragile-training-worker.ts', import.meta.url);
  const checkpoint = { file: join(temporaryFolder(), 'state.safetensors'), everySteps: 3 };
  const trainer = createTrainer({ workerEntry });
  const events: TrainingEvent[] = [];
  for await (const event of trainer.train(job({ checkpoint }))) events.push(event);
  await trainer.close();
  vi.unstubAllEnvs();
  expect(events.filter(({ kind }) => kind === 'restarted')).toHaveLength(1);
  const undisturbed = await run(job());
  expect(steps(events)).toEqual(steps(undisturbed));
  expect(digest(events)).toBe(digest(undisturbed));
});

it.each([
  [{ batchSize: 0 }, 'TRAINING_INVALID'],
  [{ accumulation: 9 }, 'TRAINING_INVALID'],
  [{ quantisation: 'nf4' as const }, 'TRAINING_INVALID'],
  [{ objective: { kind: 'dpo', beta: 0.1 } as const }, 'DATASET_INVALID'],
  [{ dataset: { kind: 'supervised', examples: [] } as const }, 'DATASET_INVALID'],
  [{ maxSequenceTokens: 4 }, 'DATASET_INVALID'],
  [{ start: { kind: 'pretrained', folder: '/nowhere' } as const }, 'MODEL_FILE_NOT_FOUND'],
])('refuses %o', async (changes, reason) => {
  const settings = job(changes);
  await expect(run(settings)).rejects.toMatchObject({ reason });
  expect(existsSync(settings.outputFolder)).toBe(false);
});

it('refuses a checkpoint of other settings', async () => {
  const checkpoint = { file: join(temporaryFolder(), 'state.safetensors'), everySteps: 2 };
  await interrupted(job({ checkpoint }));
  await expect(run(job({ checkpoint, seed: 6 }))).rejects.toMatchObject({ reason: 'CHECKPOINT_MISMATCH' });
});
