import type { ObjectiveSettings } from '@sipf/models';
import { tinyConfig } from '@sipf/models/testing';
import { describe, expect, it } from 'vitest';
import { buildGradientStep } from './build-steps.ts';
import { STEP_NAMES } from './tensor-spec.ts';
import { operatorsInOrder, openStep, tinyBatch, tinyState } from './testing/index.ts';
import type { Trainable } from './trainable-layout.ts';

const LAYERS = 3;
const LM = tinyConfig({ numHiddenLayers: LAYERS });
const VERIFIER = tinyConfig({
  numHiddenLayers: LAYERS,
  head: { kind: 'token-classification', numLabels: 2, features: 'hidden+confidence' },
});
const FULL = { kind: 'full' } as const;
const LORA = {
  kind: 'lora',
  lora: { rank: 2, alpha: 4, targetModules: 'all-linear', dropout: 0.2 },
} as const;
const SFT = { kind: 'sft' } as const;

function stepOf(objective: ObjectiveSettings, trainable: Trainable, recomputeLayers: boolean) {
  const config = objective.kind === 'process-reward' ? VERIFIER : LM;
  const state = tinyState(config, trainable);
  const settings = { config, objective, trainable, frozen: state.frozen, memory: { recomputeLayers } };
  return { step: buildGradientStep(settings), state, batch: tinyBatch(config, objective) };
}

async function gradientOf(objective: ObjectiveSettings, trainable: Trainable, recompute: boolean) {
  const { step, state, batch } = stepOf(objective, trainable, recompute);
  const gradient = new Float32Array(state.layout.size);
  const runner = await openStep(step);
  const { metrics } = await runner.run(
    { [STEP_NAMES.parameters]: state.parameters, [STEP_NAMES.gradient]: gradient },
    batch,
    { [STEP_NAMES.dropoutSeed]: 7 },
  );
  await runner.release();
  return { gradient, metrics };
}

describe('recomputing layers in the backward pass', () => {
  it.each([
    ['sft in full', SFT, FULL],
    ['sft of an adapter with dropout', SFT, LORA],
    ['orpo', { kind: 'orpo', lambda: 0.1, nll: 'completion' }, FULL],
    ['a verifier that sees the confidence', { kind: 'process-reward' }, FULL],
  ] as const)('changes no gradient and no metric: %s', async (_, objective, trainable) => {
    const kept = await gradientOf(objective, trainable, false);
    const recomputed = await gradientOf(objective, trainable, true);
    const scale = Math.max(...kept.gradient.map(Math.abs));
    expect(scale).toBeGreaterThan(0.01);
    recomputed.gradient.forEach((value, index) => {
      expect(Math.abs(value - (kept.gradient[index] ?? NaN))).toBeLessThan(1e-5 * scale);
    });
    for (const [name, value] of Object.entries(kept.metrics)) {
      expect(recomputed.metrics[name]).toBeCloseTo(value, 5);
    }
  });

  it('runs each layer twice, and a layer again only after the gradients of the one above it', async () => {
    const { step, state, batch } = stepOf(SFT, FULL, true);
    const order = await operatorsInOrder(step, state.parameters, batch);
    const gated = [LM.intermediateSize, LM.hiddenSize].join();
    const norms = indices(order, ({ type }) => type === 'SimplifiedLayerNormalization');
    // Two norms a layer, twice, and the final one.
    expect(norms).toHaveLength(4 * LAYERS + 1);
    const weightGradients = indices(order, ({ type, shape }) => type === 'FusedMatMul' && shape === gated);
    // Those of gate and up.
    expect(weightGradients).toHaveLength(2 * LAYERS);
    // The last two norms are those of the first layer, run again.
    const before = weightGradients.filter((index) => index < (norms.at(-2) ?? 0));
    expect(before).toHaveLength(2 * (LAYERS - 1));
  });
});

function indices<T>(items: readonly T[], test: (item: T) => boolean): number[] {
  return items.flatMap((item, index) => (test(item) ? [index] : []));
}
