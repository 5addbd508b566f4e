import { learningRateAt } from '@sipf/graph';
import { describe, expect, it } from 'vitest';
import { scheduleOf } from './training-plan.ts';

const schedule = { learningRate: 1e-3 };

describe('updates', () => {
  // What `set_initial_training_values` of transformers 5.24 says of as many batches an epoch.
  it.each([
    [1, 7, 7],
    [0.1, 7, 1],
    [0.5, 7, 4],
    [1.01, 7, 8],
    [2.5, 3, 8],
    [0.001, 1, 1],
  ])('of %d epochs of %d batches are %d', (epochs, batches, updates) => {
    expect(scheduleOf({ epochs, schedule }, batches).totalSteps).toBe(updates);
  });

  it('are as many as are asked for, whatever the epochs', () => {
    expect(scheduleOf({ epochs: 3, maxSteps: 5, schedule }, 7).totalSteps).toBe(5);
  });
});

describe('a training that would learn nothing', () => {
  it.each([
    [{ maxSteps: 1, schedule: { learningRate: 1, warmupRatio: 0.1 } }, 'schedule.warmupRatio makes the one'],
    [{ epochs: 0.1, schedule: { learningRate: 1, warmupRatio: 1 } }, 'schedule.warmupRatio makes the one'],
    [{ maxSteps: 9, schedule: { learningRate: 0 } }, 'schedule.learningRate is 0'],
    [{ maxSteps: 9, schedule: { learningRate: 1e-50 } }, 'schedule.learningRate is 0'],
  ])('is refused: %j', (job, message) => {
    expect(() => scheduleOf(job, 7)).toThrow(message);
  });

  it.each(['constant', 'linear', 'cosine'] as const)(
    'is none with %s rates and what is left of warm-up',
    (kind) => {
      for (const warmupRatio of [0, 0.1, 0.5, 1]) {
        for (const maxSteps of warmupRatio === 0 ? [1, 2, 3] : [2, 3, 10]) {
          const found = scheduleOf({ maxSteps, schedule: { ...schedule, kind, warmupRatio } }, 1);
          const rates = Array.from({ length: maxSteps }, (_, step) => learningRateAt(found, step));
          expect(Math.max(...rates)).toBeGreaterThan(0);
        }
      }
    },
  );
});
