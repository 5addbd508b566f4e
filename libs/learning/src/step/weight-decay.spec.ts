import { tinyConfig } from '@sipf/models/testing';
import { expect, it } from 'vitest';
import { buildApplyStep } from './build-steps.ts';
import { optimiserScalars } from './optimiser.ts';
import { unpackState } from './state-layout.ts';
import { STEP_NAMES } from './tensor-spec.ts';
import { openStep, tinyBatch, tinyState } from './testing/index.ts';
import { isDecayedMatrix } from './weight-decay.ts';

const FULL = { kind: 'full' } as const;
const CONFIG = tinyConfig({ attentionBias: true });
const RATE = 0.5;
const DECAY = 0.2;

/** What is left of every tensor, as a share, by an update without any gradient. */
async function sharesLeft(decay: 'matrices' | 'all' | undefined): Promise<Map<string, number>> {
  const settings = { weightDecay: DECAY, ...(decay === undefined ? {} : { decay }) };
  const runner = await openStep(buildApplyStep({ config: CONFIG, trainable: FULL }, settings));
  const { layout } = tinyState(CONFIG, FULL);
  const zeros = () => new Float32Array(layout.size);
  const state = {
    [STEP_NAMES.parameters]: zeros().fill(1),
    [STEP_NAMES.firstMoment]: zeros(),
    [STEP_NAMES.secondMoment]: zeros(),
    [STEP_NAMES.gradient]: zeros(),
  };
  await runner.run(state, tinyBatch(CONFIG, { kind: 'sft' }), optimiserScalars(1, RATE, settings));
  await runner.release();
  const tensors = unpackState(layout, state[STEP_NAMES.parameters]);
  return new Map([...tensors].map(([name, values]) => [name, oneOf(values)]));
}

function oneOf(values: Float32Array): number {
  expect(new Set(values).size).toBe(1);
  return values[0] ?? NaN;
}

it('leaves norms and biases as they are and shrinks all else', async () => {
  const shares = await sharesLeft('matrices');
  expect([...shares.keys()].some((name) => name.endsWith('bias'))).toBe(true);
  for (const [name, share] of shares) {
    expect(share, name).toBeCloseTo(/norm|bias/.test(name) ? 1 : 1 - RATE * DECAY, 6);
  }
  expect(await sharesLeft(undefined)).toEqual(shares);
});

it('shrinks everything with decay all', async () => {
  for (const [name, share] of await sharesLeft('all')) expect(share, name).toBeCloseTo(1 - RATE * DECAY, 6);
});

it.each([
  ['model.embed_tokens.weight', true],
  ['model.layers.0.self_attn.q_proj.weight', true],
  ['base_model.model.model.layers.0.mlp.up_proj.lora_A.weight', true],
  ['score.weight', true],
  ['score.bias', false],
  ['model.layers.0.self_attn.q_norm.weight', false],
  ['model.layers.0.post_attention_layernorm.weight', false],
  ['model.norm.weight', false],
  ['model.layers.0.mlp.fc1.bias', false],
])('counts %s as a matrix to decay: %s', (name, isMatrix) => {
  expect(isDecayedMatrix(name)).toBe(isMatrix);
});
