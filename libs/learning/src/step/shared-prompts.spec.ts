import type { ObjectiveSettings } from '@sipf/models';
import { EVERY_FAMILY, tinyFamily } from '@sipf/models/testing';
import { describe, expect, it } from 'vitest';
import { sharePrompts } from '../data/share-prompts.ts';
import { buildGradientStep, type StepSettings } from './build-steps.ts';
import { STEP_NAMES } from './tensor-spec.ts';
import { openStep, type StepBatch, tinyBatch, tinyState } from './testing/index.ts';

const FULL = { kind: 'full' } as const;
const PROMPT = 2;
const LENGTH = 8;
const ORPO = { kind: 'orpo', lambda: 0.3, nll: 'completion' } as const;

/** Pairs of one prompt each, of different lengths, the last one of padding. */
function pairs(settings: Pick<StepSettings, 'config' | 'objective'>): StepBatch {
  const batch = tinyBatch(settings.config, settings.objective, {
    rows: 6,
    length: LENGTH,
    emptyRows: [2, 5],
  });
  const ids = batch.arrays['input_ids'] as BigInt64Array;
  for (let row = 3; row < 6; row++)
    ids.copyWithin(row * LENGTH, (row - 3) * LENGTH, (row - 3) * LENGTH + PROMPT);
  return batch;
}

async function gradientOf(settings: StepSettings, batch: StepBatch) {
  const { parameters, layout } = tinyState(settings.config, settings.trainable);
  const gradient = new Float32Array(layout.size);
  const runner = await openStep(buildGradientStep(settings));
  const state = { [STEP_NAMES.parameters]: parameters, [STEP_NAMES.gradient]: gradient };
  const { metrics } = await runner.run(state, batch);
  await runner.release();
  return { gradient, metrics };
}

async function expectSame(settings: StepSettings): Promise<void> {
  const batch = pairs(settings);
  const apart = await gradientOf(settings, batch);
  const shared = await gradientOf({ ...settings, sharedPrompts: true }, { ...batch, ...sharePrompts(batch) });
  for (const [name, value] of Object.entries(apart.metrics)) {
    expect(shared.metrics[name]).toBeCloseTo(value, 4);
  }
  const scale = Math.max(...apart.gradient.map(Math.abs));
  expect(scale).toBeGreaterThan(0.01);
  shared.gradient.forEach((value, index) => {
    expect(Math.abs(value - (apart.gradient[index] ?? NaN))).toBeLessThan(1e-5 * scale);
  });
}

describe('pairs that share a row', () => {
  const config = tinyFamily('llama');

  it.each<[string, ObjectiveSettings]>([
    ['orpo', ORPO],
    ['orpo over whole sequences', { ...ORPO, nll: 'sequence' }],
    ['dpo', { kind: 'dpo', beta: 0.1 }],
    ['rpo', { kind: 'rpo', beta: 0.1, nllWeight: 1 }],
    ['weighted orpo', { ...ORPO, pairWeights: true }],
    ['weighted rpo', { kind: 'rpo', beta: 0.1, nllWeight: 1, pairWeights: true }],
  ])('have the loss, metrics and gradient of two rows each: %s', async (_, objective) => {
    const { frozen } = tinyState(config, FULL);
    const settings = { config, objective, trainable: FULL, frozen };
    await expectSame(settings);
    await expectSame({ ...settings, memory: { vocabularyPiece: 4, recomputeLayers: true }, causalBlocks: 4 });
  });

  it.each(EVERY_FAMILY)('do so in the family %s', async (family) => {
    const config = tinyFamily(family);
    const { frozen } = tinyState(config, FULL);
    await expectSame({ config, objective: ORPO, trainable: FULL, frozen });
  });

  it('are refused for an objective without pairs', () => {
    const settings = { config, objective: { kind: 'sft' }, trainable: FULL, sharedPrompts: true } as const;
    expect(() => buildGradientStep(settings)).toThrow('has no pairs');
  });
});
