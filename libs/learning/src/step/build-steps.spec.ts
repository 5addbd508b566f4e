import type { DecoderConfig, ObjectiveSettings } from '@sipf/models';
import { tinyConfig } from '@sipf/models/testing';
import { describe, expect, it } from 'vitest';
import {
  buildApplyStep,
  buildGradientStep,
  buildLossStep,
  buildTrainingStep,
  type StepSettings,
} from './build-steps.ts';
import { optimiserScalars } from './optimiser.ts';
import { STEP_NAMES } from './tensor-spec.ts';
import { openStep, rowsOf, type StepBatch, tinyBatch, tinyState } from './testing/index.ts';

const LM = tinyConfig();
const VERIFIER = tinyConfig({
  head: { kind: 'token-classification', numLabels: 2, features: 'hidden+confidence' },
});
const OPTIMISER = { weightDecay: 0.01, maxGradientNorm: 0.5 };
const FULL = { kind: 'full' } as const;
const LORA = { kind: 'lora', lora: { rank: 2, alpha: 4, targetModules: 'all-linear', dropout: 0 } } as const;

const CASES: readonly (readonly [string, DecoderConfig, ObjectiveSettings])[] = [
  ['sft', LM, { kind: 'sft' }],
  ['orpo', LM, { kind: 'orpo', lambda: 0.1, nll: 'completion' }],
  ['orpo over whole sequences', LM, { kind: 'orpo', lambda: 0.1, nll: 'sequence' }],
  ['dpo', LM, { kind: 'dpo', beta: 0.1 }],
  ['rpo', LM, { kind: 'rpo', beta: 0.1, nllWeight: 1 }],
  ['process reward', VERIFIER, { kind: 'process-reward' }],
  ['outcome reward', VERIFIER, { kind: 'outcome-reward' }],
];

/** All parameters trained; a verifier's own LM head stays as it is. */
function fullyTrained(config: DecoderConfig, objective: ObjectiveSettings): StepSettings {
  return { config, objective, trainable: FULL, frozen: tinyState(config, FULL).frozen };
}

/** Gradient, loss and metrics of micro-batches gathered one after another. */
async function gather(settings: StepSettings, batches: readonly StepBatch[]) {
  const { parameters, layout } = tinyState(settings.config, settings.trainable);
  const gradient = new Float32Array(layout.size);
  const runner = await openStep(buildGradientStep(settings));
  const sums: Record<string, number> = {};
  for (const batch of batches) {
    const { metrics } = await runner.run(
      { [STEP_NAMES.parameters]: parameters, [STEP_NAMES.gradient]: gradient },
      batch,
    );
    for (const [name, value] of Object.entries(metrics)) sums[name] = (sums[name] ?? 0) + value;
  }
  await runner.release();
  return { gradient, sums };
}

function freshState(settings: StepSettings) {
  const { parameters, layout } = tinyState(settings.config, settings.trainable);
  return {
    [STEP_NAMES.parameters]: parameters,
    [STEP_NAMES.firstMoment]: new Float32Array(layout.size),
    [STEP_NAMES.secondMoment]: new Float32Array(layout.size),
  };
}

function expectClose(actual: Float32Array, wanted: Float32Array, tolerance: number): void {
  const scale = Math.max(...wanted.map(Math.abs));
  expect(scale).toBeGreaterThan(0);
  actual.forEach((value, index) => {
    expect(Math.abs(value - (wanted[index] ?? NaN))).toBeLessThan(tolerance * scale);
  });
}

describe.each(CASES)('%s', (_, config, objective) => {
  it("gives the full batch's gradient and metrics when its micro-batches are gathered", async () => {
    const settings = fullyTrained(config, objective);
    const batch = tinyBatch(config, objective);
    const whole = await gather(settings, [batch]);
    // Rows 0 and 2, then 1 and 3, are pairs where the objective has pairs.
    const parts = await gather(settings, [rowsOf(batch, [0, 2]), rowsOf(batch, [1, 3])]);
    expectClose(parts.gradient, whole.gradient, 1e-5);
    for (const [name, value] of Object.entries(whole.sums)) expect(parts.sums[name]).toBeCloseTo(value, 4);
  });

  it('is finite with rows of padding alone, and they change nothing', async () => {
    const settings = fullyTrained(config, objective);
    const batch = tinyBatch(config, objective, { rows: 8, emptyRows: [1, 3, 5, 7] });
    const padded = await gather(settings, [batch]);
    const kept = await gather(settings, [rowsOf(batch, [0, 2, 4, 6])]);
    expect(padded.gradient.every(Number.isFinite)).toBe(true);
    expectClose(padded.gradient, kept.gradient, 1e-5);
    expect(padded.sums['loss']).toBeCloseTo(kept.sums['loss'] ?? NaN, 5);
  });

  it('is finite for a batch of nothing but padding', async () => {
    const settings = fullyTrained(config, objective);
    const { gradient, sums } = await gather(settings, [
      tinyBatch(config, objective, { emptyRows: [0, 1, 2, 3] }),
    ]);
    expect(gradient.every((value) => Math.abs(value) === 0)).toBe(true);
    expect(Object.values(sums).every(Number.isFinite)).toBe(true);
  });

  it('is finite where a completion has one token, or none', async () => {
    const short = tinyBatch(config, objective, { length: 4 });
    const { gradient, sums } = await gather(fullyTrained(config, objective), [short]);
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(sums['loss']).toBeGreaterThan(0);
  });

  it('learns its batch, through an adapter too', async () => {
    for (const trainable of [FULL, LORA]) {
      const settings: StepSettings = {
        config,
        objective,
        trainable,
        frozen: tinyState(config, trainable).frozen,
      };
      const batch = tinyBatch(config, objective);
      const runner = await openStep(buildTrainingStep(settings, OPTIMISER));
      const state = freshState(settings);
      const losses: number[] = [];
      for (let step = 1; step <= 30; step++) {
        const { metrics } = await runner.run(state, batch, optimiserScalars(step, 0.02, OPTIMISER));
        losses.push(metrics['loss'] ?? NaN);
      }
      await runner.release();
      expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? NaN));
    }
  });
});

describe('metrics', () => {
  const preference = ['chosen', 'rejected', 'accuracies', 'margins'].map((name) => `rewards/${name}`);
  const pairs = [...preference, 'logps/chosen', 'logps/rejected'];
  const named: Readonly<Record<ObjectiveSettings['kind'], readonly string[]>> = {
    sft: ['mean_token_accuracy', 'entropy'],
    orpo: [...pairs, 'nll_loss', 'log_odds_ratio', 'log_odds_chosen'],
    dpo: pairs,
    rpo: [...pairs, 'nll_loss'],
    'process-reward': ['accuracy'],
    'outcome-reward': ['accuracy'],
  };

  it.each(CASES)('of %s have the names that TRL gives them', (_, config, objective) => {
    const { metrics } = buildTrainingStep(fullyTrained(config, objective), OPTIMISER);
    expect([...metrics].sort()).toEqual([...named[objective.kind], 'grad_norm', 'loss'].sort());
  });
});

describe('a training step', () => {
  const objective = { kind: 'sft' } as const;
  const settings: StepSettings = { config: LM, objective, trainable: FULL };
  const batch = tinyBatch(LM, objective);

  it('does what a gradient step and an apply step do together', async () => {
    const together = freshState(settings);
    const apart = freshState(settings);
    const scalars = optimiserScalars(1, 0.01, OPTIMISER);
    const step = await openStep(buildTrainingStep(settings, OPTIMISER));
    const { metrics } = await step.run(together, batch, scalars);
    const { gradient } = await gather(settings, [batch]);
    const apply = await openStep(buildApplyStep(settings, OPTIMISER));
    const applied = await apply.run({ ...apart, [STEP_NAMES.gradient]: gradient }, batch, scalars);
    expect(applied.metrics['grad_norm']).toBeCloseTo(metrics['grad_norm'] ?? NaN, 6);
    expect(apart).toEqual(together);
    await step.release();
    await apply.release();
  });

  it('repeats bit for bit', async () => {
    const runner = await openStep(buildTrainingStep(settings, OPTIMISER));
    const [first, second] = [freshState(settings), freshState(settings)];
    for (const state of [first, second]) {
      for (let step = 1; step <= 3; step++)
        await runner.run(state, batch, optimiserScalars(step, 0.01, OPTIMISER));
    }
    await runner.release();
    expect(first).toEqual(second);
  });

  it('reports the loss that the loss step reports', async () => {
    const loss = await openStep(buildLossStep(settings));
    const { metrics } = await loss.run(freshState(settings), batch);
    await loss.release();
    expect(metrics['loss']).toBeCloseTo((await gather(settings, [batch])).sums['loss'] ?? NaN, 6);
  });

  it('takes frozen parameters from inputs where they are not stored in it', async () => {
    const { frozen } = tinyState(LM, LORA);
    const stored = buildLossStep({ config: LM, objective, trainable: LORA, frozen });
    const fed = buildLossStep({ config: LM, objective, trainable: LORA });
    expect(stored.frozen).toEqual([]);
    expect(fed.frozen.map(({ name }) => name)).toContain('model.layers.1.mlp.down_proj.weight');
    const losses = [];
    for (const step of [stored, fed]) {
      const runner = await openStep(step);
      const weights = Object.fromEntries(step.frozen.map(({ name }) => [name, frozen(name)]));
      losses.push(
        (await runner.run(freshState({ ...settings, trainable: LORA }), batch, weights)).metrics['loss'],
      );
      await runner.release();
    }
    expect(losses[0]).toBeCloseTo(losses[1] ?? NaN, 5);
  });

  it('refuses a model with the other kind of head', () => {
    const mismatch = expect.objectContaining({ reason: 'OBJECTIVE_MISMATCH' }) as Error;
    expect(() => buildLossStep({ ...settings, config: VERIFIER })).toThrow(mismatch);
    expect(() => buildLossStep({ ...settings, objective: { kind: 'process-reward' } })).toThrow(mismatch);
  });
});

describe('dropout of an adapter', () => {
  const objective = { kind: 'sft' } as const;
  const trainable = { kind: 'lora', lora: { ...LORA.lora, dropout: 0.3 } } as const;
  const settings: StepSettings = {
    config: LM,
    objective,
    trainable,
    frozen: tinyState(LM, trainable).frozen,
  };

  it('depends on the seed that is fed and on nothing else', async () => {
    const step = buildLossStep(settings);
    expect(step.scalars.map(({ name }) => name)).toEqual([STEP_NAMES.dropoutSeed]);
    const runner = await openStep(step);
    const loss = async (seed: number) =>
      (await runner.run(freshState(settings), tinyBatch(LM, objective), { [STEP_NAMES.dropoutSeed]: seed }))
        .metrics['loss'];
    const losses = [await loss(1), await loss(2), await loss(1)];
    await runner.release();
    expect(losses[0]).toBe(losses[2]);
    expect(losses[0]).not.toBe(losses[1]);
  });
});
