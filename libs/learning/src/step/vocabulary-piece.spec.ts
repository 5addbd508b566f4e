import type { DecoderConfig, ObjectiveSettings } from '@sipf/models';
import { tinyConfig } from '@sipf/models/testing';
import { describe, expect, it } from 'vitest';
import { buildGradientStep } from './build-steps.ts';
import { STEP_NAMES } from './tensor-spec.ts';
import { openStep, operatorsInOrder, type StepBatch, tinyBatch, tinyState } from './testing/index.ts';
import type { Trainable } from './trainable-layout.ts';

const FULL = { kind: 'full' } as const;
const LORA = { kind: 'lora', lora: { rank: 2, alpha: 4, targetModules: 'all-linear', dropout: 0 } } as const;
const WITH_HEAD = { ...LORA, modulesToSave: ['lm_head'] } as const;
const LM = tinyConfig();
const TIED = tinyConfig({ tieWordEmbeddings: true });
const CONFIDENT = tinyConfig({
  head: { kind: 'token-classification', numLabels: 2, features: 'hidden+confidence' },
});

interface Setting {
  readonly config: DecoderConfig;
  readonly objective: ObjectiveSettings;
  readonly trainable: Trainable;
}

async function gradientOf(
  { config, objective, trainable }: Setting,
  batch: StepBatch,
  vocabularyPiece?: number,
) {
  const { parameters, layout, frozen } = tinyState(config, trainable);
  const step = buildGradientStep({ config, objective, trainable, frozen, memory: { vocabularyPiece } });
  const gradient = new Float32Array(layout.size);
  const runner = await openStep(step);
  const state = { [STEP_NAMES.parameters]: parameters, [STEP_NAMES.gradient]: gradient };
  const { metrics } = await runner.run(state, batch);
  await runner.release();
  return { gradient, metrics };
}

describe('the vocabulary piece by piece, at completion positions alone', () => {
  it.each<[string, Setting]>([
    ['sft', { config: LM, objective: { kind: 'sft' }, trainable: FULL }],
    ['sft of a tied model', { config: TIED, objective: { kind: 'sft' }, trainable: FULL }],
    ['sft of an adapter', { config: TIED, objective: { kind: 'sft' }, trainable: LORA }],
    ['sft of an adapter and its LM head', { config: LM, objective: { kind: 'sft' }, trainable: WITH_HEAD }],
    ['orpo', { config: LM, objective: { kind: 'orpo', lambda: 0.3, nll: 'completion' }, trainable: FULL }],
    [
      'orpo over whole sequences',
      { config: LM, objective: { kind: 'orpo', lambda: 0.3, nll: 'sequence' }, trainable: FULL },
    ],
    ['dpo', { config: LM, objective: { kind: 'dpo', beta: 0.1 }, trainable: LORA }],
    ['a confident verifier', { config: CONFIDENT, objective: { kind: 'process-reward' }, trainable: FULL }],
  ])('gives the same loss, metrics and gradient: %s', async (_, setting) => {
    const batch = tinyBatch(setting.config, setting.objective);
    const whole = await gradientOf(setting, batch);
    const scale = Math.max(...whole.gradient.map(Math.abs));
    // Of 11 entries: pieces of 4, 4 and 3; and one that holds them all.
    for (const piece of [4, 100]) {
      const inPieces = await gradientOf(setting, batch, piece);
      inPieces.gradient.forEach((value, index) => {
        expect(Math.abs(value - (whole.gradient[index] ?? NaN))).toBeLessThan(2e-6 * scale);
      });
      for (const [name, value] of Object.entries(whole.metrics)) {
        expect(inPieces.metrics[name]).toBeCloseTo(value, 5);
      }
    }
  });

  it('is finite and 0 for a batch without any completion token', async () => {
    const setting: Setting = { config: LM, objective: { kind: 'sft' }, trainable: FULL };
    const batch = tinyBatch(LM, setting.objective, { emptyRows: [0, 1, 2, 3] });
    const { gradient, metrics } = await gradientOf(setting, batch, 4);
    expect(Object.values(metrics).every(Number.isFinite)).toBe(true);
    expect(gradient.every((value) => Math.abs(value) === 0)).toBe(true);
  });

  it('never has logits of all positions, and is through with a piece before it begins the next', async () => {
    const vocabulary = 20;
    const config = tinyConfig({ vocabSize: vocabulary });
    const objective = { kind: 'sft' } as const;
    const { parameters, frozen } = tinyState(config, FULL);
    const batch = tinyBatch(config, objective);
    const step = buildGradientStep({
      config,
      objective,
      trainable: FULL,
      frozen,
      memory: { vocabularyPiece: 5 },
    });
    const order = await operatorsInOrder(step, parameters, batch);
    const scored = batch.counts['completion_tokens'] ?? NaN;
    expect(scored).toBeLessThan(batch.rows * batch.length);
    const logits = `${scored},5`;
    expect(order.some(({ shape }) => shape.endsWith(`,${vocabulary}`))).toBe(false);
    // Each piece's logits twice, and the products with the rows before a piece's logits come again.
    const kinds = order.flatMap(({ type, shape }) => {
      if (shape === logits) return type === 'FusedMatMul' || type === 'MatMul' ? ['logits'] : [];
      return type === 'FusedMatMul' && shape === `5,${config.hiddenSize}` ? ['weights'] : [];
    });
    const pair = ['logits', 'weights'];
    expect(kinds).toEqual([...Array.from({ length: 4 }, () => 'logits'), ...pair, ...pair, ...pair, ...pair]);
  });
});
