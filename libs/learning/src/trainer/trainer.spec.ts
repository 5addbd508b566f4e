import { createGenerator } from '@sipf/inference';
import { toHuggingFaceConfig } from '@sipf/models';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { saveTinyBase, temporaryFolder, TINY_CONFIG, removeTemporaryFolders } from './testing/tiny-base.ts';
import { digest, interrupted, jobOn, LORA, run, steps } from './testing/tiny-jobs.ts';
import { createTrainer } from './trainer.ts';
import type { TrainingEvent, TrainingJob } from './training-job.ts';
import { runTraining } from './training-loop.ts';

afterAll(removeTemporaryFolders);

let base: string;
beforeAll(async () => {
  base = await saveTinyBase();
});
const job = (changes: Partial<TrainingJob> = {}): TrainingJob => jobOn(base, changes);

it.each([
  ['full fine-tuning', {}],
  ['LoRA with dropout and accumulation', { trainable: LORA, accumulation: 3 }],
] as const)(
  'resumes after an interruption to the same bits, on other threads too: %s',
  async (_, changes) => {
    const whole = await run(job(changes));
    const checkpoint = { file: join(temporaryFolder(), 'state.safetensors'), everySteps: 2 };
    const settings = job({ ...changes, checkpoint });
    await interrupted(settings);
    const resumed = await run({ ...settings, threads: 3 });
    const [started] = resumed;
    expect(started).toMatchObject({ kind: 'started', totalSteps: 9 });
    expect(started?.kind === 'started' && started.stepsDone).toBeGreaterThanOrEqual(4);
    expect(steps(resumed)).toEqual(steps(whole));
    expect(digest(resumed)).toBe(digest(whole));
  },
);

it('writes a checkpoint when steps take longer than its seconds, however few there are of them', async () => {
  const checkpoint = {
    file: join(temporaryFolder(), 'state.safetensors'),
    everySteps: 1000,
    everySeconds: 25,
  };
  // Looked at once before the first step and after every one, and once more at a checkpoint.
  let seconds = 0;
  const now = (): number => 1000 * (seconds += 10);
  const written: number[] = [];
  for await (const event of runTraining(job({ checkpoint }), new AbortController().signal, now))
    if (event.kind === 'checkpoint') written.push(event.step);
  expect(written).toEqual([3, 6]);
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

it('resumes after its worker has died, says so, and gives every step once', async () => {
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

it('refuses an output folder that exists, and names it by its last name alone', async () => {
  const outputFolder = temporaryFolder();
  await expect(run({ ...job(), outputFolder })).rejects.toMatchObject({
    reason: 'FOLDER_EXISTS',
    message: `the output folder ${basename(outputFolder)} exists already`,
  });
});

it('refuses a checkpoint of other settings', async () => {
  const checkpoint = { file: join(temporaryFolder(), 'state.safetensors'), everySteps: 2 };
  await interrupted(job({ checkpoint }));
  await expect(run(job({ checkpoint, seed: 6 }))).rejects.toMatchObject({ reason: 'CHECKPOINT_MISMATCH' });
});
