import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parameterShapes } from '../families/registry.ts';
import { loadAdapterFolder } from './load-adapter-folder.ts';
import { loadModelFolder } from './load-model-folder.ts';

/** Folders that transformers and peft wrote; they are not part of the project. */
const REFERENCE = '../shared/reference/models';

describe.skipIf(!existsSync(REFERENCE))('folders that transformers wrote', () => {
  it.each([
    ...['llama', 'llama-tied', 'llama-linear-rope', 'llama3-rope'],
    ...['gemma', 'phi', 'mistral', 'qwen2', 'qwen3'],
  ])('%s is loaded with its adapter and verifier', async (family) => {
    const model = await loadModelFolder(`${REFERENCE}/${family}/model`);
    expect([...parameterShapes(model.config).keys()].sort()).toEqual(model.tensors.names);
    const adapter = await loadAdapterFolder(`${REFERENCE}/${family}/adapter`, model);
    expect(adapter).toMatchObject({ lora: { rank: 4, alpha: 8, dropout: 0 }, baseDigest: undefined });
    const verifier = await loadModelFolder(`${REFERENCE}/${family}/process-reward-model`);
    expect(verifier.config.head).toEqual({
      kind: 'token-classification',
      numLabels: 2,
      features: 'hidden',
    });
    for (const opened of [model, adapter, verifier]) opened.close();
  });

  it('llama-sharded-bf16 is loaded from its three shards', async () => {
    const model = await loadModelFolder(`${REFERENCE}/llama-sharded-bf16/model`);
    expect(model.tensors.dtype('lm_head.weight')).toBe('bfloat16');
    expect(model.tensors.float32('model.norm.weight').slice(0, 3)).toEqual(
      new Float32Array([1, 0.92578125, 0.96875]),
    );
    model.close();
  });

  it('an adapter of linear-rope Llama has the shapes of another Llama, but not of another width', async () => {
    const model = await loadModelFolder(`${REFERENCE}/llama/model`);
    const narrow = { config: { ...model.config, intermediateSize: 128 }, digest: model.digest };
    await expect(loadAdapterFolder(`${REFERENCE}/llama-linear-rope/adapter`, narrow)).rejects.toMatchObject({
      reason: 'ADAPTER_BASE_MISMATCH',
    });
    model.close();
  });
});
