import { createRng } from '@sipf/random';
import { join } from 'node:path';
import type { TrainingDataset } from '../../data/training-example.ts';
import { createTrainer } from '../trainer.ts';
import type { StepMetrics, TrainingEvent, TrainingJob } from '../training-job.ts';
import { temporaryFolder } from './tiny-base.ts';

/** Prompts of two digits whose completion repeats them in turned order. */
const SUPERVISED: TrainingDataset = {
  kind: 'supervised',
  examples: Array.from({ length: 40 }, (_, index) => {
    const rng = createRng(`example/${index}`);
    const [a, b] = [3 + rng.integer(10), 3 + rng.integer(10)];
    return { promptIds: [1, a, b], completionIds: index % 3 === 0 ? [b, 2] : [b, a, 2] };
  }),
};

/** Pairs of completions of unlike length. */
export const PAIRS = Array.from({ length: 12 }, (_, index) => ({
  promptIds: [1, 3 + index],
  chosenIds: [4, 5, 2],
  rejectedIds: [6, 2],
}));

/** Two steps a row, some without a label. */
export const REWARDS: TrainingDataset = {
  kind: 'reward',
  examples: Array.from({ length: 16 }, (_, index) => ({
    ids: [1, 3 + (index % 5), 8 + (index % 2), 9, 2],
    promptLength: 2,
    stepEnds: [2, 4],
    labels: [index % 2, index % 4 === 0 ? null : 1],
  })),
};

/** Nine updates of full fine-tuning from the model in `base`, but for the changes. */
export function jobOn(base: string, changes: Partial<TrainingJob> = {}): TrainingJob {
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

/** An adapter with dropout. */
export const LORA = {
  kind: 'lora',
  lora: { rank: 4, alpha: 8, targetModules: ['q_proj', 'v_proj', 'down_proj'], dropout: 0.1 },
} as const;

/** Runs a training to its end. */
export async function run(settings: TrainingJob): Promise<TrainingEvent[]> {
  const trainer = createTrainer();
  const events: TrainingEvent[] = [];
  for await (const event of trainer.train(settings)) events.push(event);
  await trainer.close();
  return events;
}

/** The metrics of every update. */
export function steps(events: readonly TrainingEvent[]): StepMetrics[] {
  return events.filter((event) => event.kind === 'step');
}

/** Of the result. */
export function digest(events: readonly TrainingEvent[]): string | undefined {
  return events.find((event) => event.kind === 'finished')?.digest;
}

/** Runs until the fifth update, cancels there, and gives what was seen. */
export async function interrupted(settings: TrainingJob): Promise<TrainingEvent[]> {
  const trainer = createTrainer();
  const events: TrainingEvent[] = [];
  for await (const event of trainer.train(settings)) {
    events.push(event);
    if (event.kind === 'step' && event.step === 5) break;
  }
  await trainer.close();
  return events;
}
