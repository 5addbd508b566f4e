import { linearModules, roundTrip } from '@sipf/models';
import { EVERY_FAMILY, tinyFamily } from '@sipf/models/testing';
import { describe, expect, it } from 'vitest';
import { buildGradientStep, type StepSettings } from './build-steps.ts';
import { quantiseFrozen } from './quantised-parameters.ts';
import { STEP_NAMES } from './tensor-spec.ts';
import { openStep, tinyBatch, tinyState } from './testing/index.ts';

const FULL = { kind: 'full' } as const;
const LORA = { kind: 'lora', lora: { rank: 2, alpha: 4, targetModules: 'all-linear', dropout: 0 } } as const;
const ORPO = { kind: 'orpo', lambda: 0.3, nll: 'completion' } as const;

async function gradientOf(settings: StepSettings) {
  const { config, trainable, quantisation = 'none', frozen } = settings;
  const { parameters, layout } = tinyState(config, trainable);
  const gradient = new Float32Array(layout.size);
  const fed = new Map(
    quantisation === 'none' || frozen === undefined
      ? []
      : quantiseFrozen({ config, trainable, quantisation }, frozen),
  );
  const runner = await openStep(buildGradientStep(settings));
  const state = { [STEP_NAMES.parameters]: parameters, [STEP_NAMES.gradient]: gradient };
  const { metrics } = await runner.run(state, tinyBatch(config, ORPO), Object.fromEntries(fed));
  await runner.release();
  return { gradient, loss: metrics['loss'] ?? NaN };
}

describe.each(EVERY_FAMILY)('a step of %s', (family) => {
  const config = tinyFamily(family);

  it('is the same recomputed, attending in blocks and with the vocabulary in pieces, in full and as an adapter', async () => {
    for (const trainable of [FULL, LORA]) {
      const { frozen } = tinyState(config, trainable);
      const settings = { config, objective: ORPO, trainable, frozen };
      const plain = await gradientOf(settings);
      const ways = [
        { memory: { recomputeLayers: true, vocabularyPiece: 4 } },
        { memory: { recomputeActivations: true, vocabularyPiece: 4 }, causalBlocks: 3 },
      ];
      for (const way of ways) {
        const saving = await gradientOf({ ...settings, ...way });
        expect(saving.loss).toBeCloseTo(plain.loss, 4);
        expectClose(saving.gradient, plain.gradient);
      }
    }
  });

  it.each(['nf4', 'int8'] as const)(
    'on a base in %s is that on the values that the codes stand for',
    async (kind) => {
      const linear = new Set([...linearModules(config).keys()].map((module) => `${module}.weight`));
      const { frozen } = tinyState(config, LORA);
      const decoded = (name: string) => (linear.has(name) ? roundTrip(frozen(name), { kind }) : frozen(name));
      const settings = { config, objective: ORPO, trainable: LORA };
      const quantised = await gradientOf({ ...settings, frozen, quantisation: kind });
      const float = await gradientOf({ ...settings, frozen: decoded });
      expect(quantised.loss).toBeCloseTo(float.loss, 4);
      expectClose(quantised.gradient, float.gradient);
    },
  );
});

function expectClose(actual: Float32Array, wanted: Float32Array): void {
  const scale = Math.max(...wanted.map(Math.abs));
  expect(scale).toBeGreaterThan(0.01);
  actual.forEach((value, index) => {
    expect(Math.abs(value - (wanted[index] ?? NaN))).toBeLessThan(1e-5 * scale);
  });
}
