import {
  linearModules,
  type LoraConfig,
  loraParameterShapes,
  parseDecoderConfig,
  saveAdapterFolder,
  type HostTensor,
} from '@sipf/models';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkHandedOver } from './handed-over-adapter.ts';

const CONFIG = parseDecoderConfig({
  ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: 8, intermediate_size: 12 },
  ...{ num_hidden_layers: 2, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 4, vocab_size: 16 },
  ...{ rms_norm_eps: 1e-5, max_position_embeddings: 32, tie_word_embeddings: false },
  ...{ bos_token_id: 1, eos_token_id: 2, pad_token_id: 0 },
});

describe('an adapter is handed over to another server', () => {
  const parent = mkdtempSync(join(tmpdir(), 'sipf-handed-over-'));
  const base = { config: CONFIG, digest: `sha256:${'b'.repeat(64)}` };
  afterAll(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  /** An adapter of zeros: only its settings matter. */
  async function write(name: string, settings: Partial<LoraConfig>): Promise<string> {
    const lora: LoraConfig = { rank: 3, alpha: 5, targetModules: 'all-linear', dropout: 0, ...settings };
    const tensors = new Map(
      [...loraParameterShapes(lora, linearModules(CONFIG))].map(([tensor, shape]): [string, HostTensor] => [
        tensor,
        { dtype: 'float32', shape, data: new Float32Array(shape.reduce((size, axis) => size * axis, 1)) },
      ]),
    );
    await saveAdapterFolder(join(parent, name), base, { lora, tensors });
    return join(parent, name);
  }

  it.each<[string, Partial<LoraConfig>]>([
    ['with one alpha and one rank', {}],
    ['with the root of its rank, which such a server knows', { rankStabilised: true }],
    ['on a choice of modules, which its tensors say', { targetModules: { pattern: '.*q_proj' } }],
    ['with patterns that change no factor', { rankPattern: { nowhere: 9 }, alphaPattern: { q_proj: 5 } }],
  ])('%s', async (name, settings) => {
    const folder = await write(name, settings);
    await expect(checkHandedOver(folder, base)).resolves.toBeUndefined();
  });

  it.each<[string, Partial<LoraConfig>, string]>([
    ['another alpha in some modules', { alphaPattern: { q_proj: 1 } }, 'alpha_pattern'],
    ['another rank in some modules', { rankPattern: { q_proj: 1 } }, 'rank_pattern'],
    ['lengths of rows', { decomposed: true }, 'use_dora'],
  ])('but not with %s', async (name, settings, field) => {
    const folder = await write(name, settings);
    await expect(checkHandedOver(folder, base)).rejects.toMatchObject({
      reason: 'ADAPTER_CONFIG_INVALID',
      violations: [{ field: `adapter_config.json/${field}` }],
    });
  });

  it('but not where it is none that is computed here either', async () => {
    const folder = await write('pissa', {});
    const path = join(folder, 'adapter_config.json');
    const fields = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...fields, init_lora_weights: 'pissa' }));
    await expect(checkHandedOver(folder, base)).rejects.toThrow(/init_lora_weights/);
  });
});
