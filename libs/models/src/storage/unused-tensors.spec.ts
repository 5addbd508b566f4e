import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseDecoderConfig } from '../config/parse-decoder-config.ts';
import { describeUnused, unusedTensors, unusedTensorsIn } from './unused-tensors.ts';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  ...{ hidden_size: 4, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 1, vocab_size: 8 },
  max_position_embeddings: 16,
};
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-unused-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const unusedOf = (names: readonly string[], more: object = {}): string[] =>
  unusedTensors({ names }, parseDecoderConfig({ ...CONFIG, ...more }));

it.each([
  ['model.layers.0.self_attn.q_proj.bias', {}],
  ['model.layers.1.mlp.up_proj.weight', {}],
  ['score.weight', {}],
  ['vision_tower.patch.weight', {}],
])('names %s, which the architecture has no place for', (name, more) => {
  expect(unusedOf(['model.embed_tokens.weight', name, 'lm_head.weight'], more)).toEqual([name]);
});

it.each([
  ['model.layers.0.self_attn.q_proj.bias', { attention_bias: true }],
  ['model.layers.0.self_attn.rotary_emb.inv_freq', {}],
  ['lm_head.weight', { tie_word_embeddings: true }],
  ['lm_head.weight', { tie_word_embeddings: false }],
])('says nothing of %s with %j', (name, more) => {
  expect(unusedOf([name], more)).toEqual([]);
});

it('counts them, and names the first', () => {
  expect(describeUnused([])).toBeUndefined();
  expect(describeUnused(['a'])).toMatch(/^1 tensors have no place .*: a$/);
  expect(describeUnused(['a', 'b', 'c', 'd', 'e'])).toMatch(/^5 tensors .*: a, b, c and 2 more$/);
});

it('leaves it to who opens a folder to say why it cannot be opened', () => {
  expect(unusedTensorsIn(folder)).toEqual([]);
});
