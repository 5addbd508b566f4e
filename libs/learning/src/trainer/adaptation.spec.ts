import { createScorer } from '@sipf/inference';
import { loadAdapterFolder, loadModelFolder } from '@sipf/models';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addReferenceLogProbs } from '../data/reference-log-probs.ts';
import {
  saveRoundedBases,
  saveTinyBase,
  temporaryFolder,
  TINY_CONFIG,
  removeTemporaryFolders,
} from './testing/tiny-base.ts';
import { digest, interrupted, jobOn, LORA, PAIRS, run, steps } from './testing/tiny-jobs.ts';
import type { TrainingEvent, TrainingJob } from './training-job.ts';

afterAll(removeTemporaryFolders);

let base: string;
beforeAll(async () => {
  base = await saveTinyBase();
});
const job = (changes: Partial<TrainingJob> = {}): TrainingJob => jobOn(base, changes);

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

/** To read the loss of where a training starts. */
const oneStep = { maxSteps: 1, schedule: { learningRate: 1e-3 } };

it('continues an adapter that it is given', async () => {
  const first = job({ trainable: LORA, maxSteps: 30 });
  const before = steps(await run(first)).at(-1)?.values['loss'] as number;
  const start = { kind: 'pretrained', folder: base, adapterFolder: first.outputFolder } as const;
  const [step] = steps(await run(job({ start, trainable: LORA, ...oneStep })));
  const [fresh] = steps(await run(job({ trainable: LORA, ...oneStep })));
  const loss = step?.values['loss'] as number;
  expect(loss).toBeLessThan(fresh?.values['loss'] as number);
  expect(Math.abs(loss - before)).toBeLessThan(0.5);
});

it('trains the same adapter on weights that are mapped and on equal ones that are converted', async () => {
  const folders = await saveRoundedBases();
  const [converted, mapped] = await Promise.all(
    folders.map(async (folder) => steps(await run(jobOn(folder, { trainable: LORA, maxSteps: 4 })))),
  );
  expect(converted).toHaveLength(4);
  expect(converted).toEqual(mapped);
});

it('trains an adapter on a quantised base, recomputing layers, and resumes to the same bits', async () => {
  const changes = { trainable: LORA, quantisation: 'nf4-double', memory: { recomputeLayers: true } } as const;
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
  const inPieces = steps(await run(job({ memory: { vocabularyPiece: 10 } })));
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
  const recomputed = steps(await run(job({ trainable: LORA, memory: { recomputeLayers: true } })));
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
  const [next] = steps(await run(job({ start: more, trainable, ...oneStep })));
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
