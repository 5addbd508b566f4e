import { linearModules, type ObjectiveSettings, QUANTISATIONS, roundTrip } from '@sipf/models';
import { tinyConfig } from '@sipf/models/testing';
import { describe, expect, it } from 'vitest';
import { buildGradientStep, type StepSettings } from './build-steps.ts';
import { frozenWeightMemory, quantiseFrozen } from './quantised-parameters.ts';
import { STEP_NAMES } from './tensor-spec.ts';
import { openStep, tinyBatch, tinyState } from './testing/index.ts';

// Wide enough for several blocks a weight.
const SHAPE = { hiddenSize: 32, headDim: 8, intermediateSize: 48 };
const LM = tinyConfig(SHAPE);
const VERIFIER = tinyConfig({
  ...SHAPE,
  head: { kind: 'token-classification', numLabels: 2, features: 'hidden' },
});
const LORA = {
  kind: 'lora',
  lora: { rank: 2, alpha: 4, targetModules: ['q_proj', 'down_proj'], dropout: 0 },
} as const;
const KINDS = QUANTISATIONS.filter((kind) => kind !== 'none');

async function gradientOf(settings: StepSettings) {
  const { parameters, layout } = tinyState(settings.config, settings.trainable);
  const gradient = new Float32Array(layout.size);
  const { config, trainable, quantisation = 'none', frozen } = settings;
  const fed =
    quantisation === 'none' || frozen === undefined
      ? {}
      : Object.fromEntries(quantiseFrozen({ config, trainable, quantisation }, frozen));
  const runner = await openStep(buildGradientStep(settings));
  const state = { [STEP_NAMES.parameters]: parameters, [STEP_NAMES.gradient]: gradient };
  const { metrics } = await runner.run(state, tinyBatch(config, settings.objective), fed);
  await runner.release();
  return { gradient, metrics };
}

function settingsOf(objective: ObjectiveSettings): StepSettings & { frozen: (name: string) => Float32Array } {
  const config = objective.kind === 'process-reward' ? VERIFIER : LM;
  return { config, objective, trainable: LORA, frozen: tinyState(config, LORA).frozen };
}

function relativeDistance(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array) => Math.hypot(...values);
  return norm(a.map((value, index) => value - (b[index] ?? NaN))) / norm(b);
}

describe.each(KINDS)('a base kept in %s', (quantisation) => {
  it.each([
    ['sft', { kind: 'sft' }, false],
    ['orpo with layers recomputed', { kind: 'orpo', lambda: 0.1, nll: 'completion' }, true],
    ['process reward', { kind: 'process-reward' }, false],
  ] as const)(
    'gives the gradients of the dequantised float base: %s',
    async (_, objective, recomputeLayers) => {
      const settings = settingsOf(objective);
      const linear = new Set([...linearModules(settings.config).keys()].map((name) => `${name}.weight`));
      const frozen = (name: string) => {
        const values = settings.frozen(name);
        return linear.has(name) ? roundTrip(values, { kind: quantisation }) : values;
      };
      const quantised = await gradientOf({ ...settings, quantisation, memory: { recomputeLayers } });
      const float = await gradientOf({ ...settings, frozen });
      expect(relativeDistance(quantised.gradient, float.gradient)).toBeLessThan(1e-5);
      for (const [name, value] of Object.entries(float.metrics)) {
        expect(quantised.metrics[name]).toBeCloseTo(value, 4);
      }
    },
  );

  it('gives about the loss of the base that it stands for', async () => {
    const settings = settingsOf({ kind: 'sft' });
    const quantised = (await gradientOf({ ...settings, quantisation })).metrics['loss'] ?? NaN;
    const float = (await gradientOf(settings)).metrics['loss'] ?? NaN;
    expect(quantised).not.toBe(float);
    expect(Math.abs(quantised / float - 1)).toBeLessThan(quantisation === 'int8' ? 0.02 : 0.25);
  });
});

it('says what the frozen weights take', () => {
  const config = tinyConfig({ hiddenSize: 1024, headDim: 64, intermediateSize: 2048, numAttentionHeads: 16 });
  const memory = (quantisation: (typeof QUANTISATIONS)[number]) => {
    const { bytes, float32Bytes } = frozenWeightMemory({ config, trainable: LORA, quantisation });
    return bytes / float32Bytes;
  };
  expect(memory('none')).toBe(1);
  // A 4-bit code and 32 bits per block of 64 instead of 32 bits; embedding, norms and head stay.
  expect(memory('nf4')).toBeCloseTo(4.5 / 32, 2);
  expect(memory('nf4-double')).toBeCloseTo(4.127 / 32, 2);
  expect(memory('int8')).toBeCloseTo(8.5 / 32, 2);
});
