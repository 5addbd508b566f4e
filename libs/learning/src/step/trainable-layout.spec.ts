import { tinyConfig } from '@sipf/models/testing';
import { describe, expect, it } from 'vitest';
import { frozenParameters, trainableLayout } from './trainable-layout.ts';

const LORA = { kind: 'lora', lora: { rank: 2, alpha: 4, targetModules: ['q_proj'], dropout: 0 } } as const;
const verifier = tinyConfig({
  head: { kind: 'token-classification', numLabels: 2, features: 'hidden+confidence' },
});
const names = (...args: Parameters<typeof trainableLayout>) =>
  trainableLayout(...args).slots.map(({ name }) => name);

describe('trainableLayout', () => {
  it('holds every tensor of a fully trained language model', () => {
    expect(names(tinyConfig(), { kind: 'full' })).toHaveLength(1 + 2 * 9 + 1 + 1);
    expect(frozenParameters(tinyConfig(), { kind: 'full' }).size).toBe(0);
  });

  it('leaves out the LM head of a verifier, which gets no gradient and must not decay', () => {
    expect(names(verifier, { kind: 'full' })).not.toContain('lm_head.weight');
    expect([...frozenParameters(verifier, { kind: 'full' }).keys()]).toEqual(['lm_head.weight']);
  });

  it("trains a verifier's head beside its adapter, under PEFT's names", () => {
    expect(names(verifier, LORA)).toEqual([
      'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
      'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight',
      'base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight',
      'base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight',
      'base_model.model.score.weight',
      'base_model.model.score.bias',
      'base_model.model.score_confidence.weight',
    ]);
    expect(frozenParameters(verifier, LORA).has('score.weight')).toBe(false);
    expect(frozenParameters(verifier, LORA).has('model.norm.weight')).toBe(true);
  });
});
