import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LoraConfig } from '../adapters/lora-config.ts';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { adapterShapes, loadAdapterFolder } from './load-adapter-folder.ts';
import { saveAdapterFolder } from './save-adapter-folder.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { randomTensors, TINY_CONFIG } from './testing/tiny-model.ts';

const BASE = { config: TINY_CONFIG, digest: `sha256:${'a'.repeat(64)}` };
const LORA: LoraConfig = { rank: 2, alpha: 4, targetModules: ['q_proj', 'down_proj'], dropout: 0.05 };
const VERIFIER: DecoderConfig = {
  ...TINY_CONFIG,
  head: { kind: 'token-classification', numLabels: 2, features: 'hidden' },
};

async function savedAdapter(lora: LoraConfig = LORA): Promise<string> {
  const dir = join(temporaryFolder(), 'adapter');
  await saveAdapterFolder(dir, BASE, { lora, tensors: randomTensors(adapterShapes(TINY_CONFIG, lora, [])) });
  return dir;
}

describe('an adapter folder', () => {
  it('is loaded as it was saved, with PEFT’s names and the digest of its base', async () => {
    const adapter = await loadAdapterFolder(await savedAdapter(), BASE);
    expect(adapter).toMatchObject({ lora: LORA, baseDigest: BASE.digest, savedTensors: [] });
    expect(adapter.tensors.names).toEqual(
      ['mlp.down_proj', 'self_attn.q_proj'].flatMap((module) =>
        ['A', 'B'].map((part) => `base_model.model.model.layers.0.${module}.lora_${part}.weight`),
      ),
    );
    for (const [name, tensor] of randomTensors(adapterShapes(TINY_CONFIG, LORA, []))) {
      expect(adapter.tensors.tensor(name)).toEqual(tensor);
    }
    adapter.close();
  });

  it('holds a verifier’s head beside the low-rank tensors', async () => {
    const base = { config: VERIFIER, digest: BASE.digest };
    const dir = join(temporaryFolder(), 'adapter');
    const tensors = randomTensors(adapterShapes(VERIFIER, LORA, ['score']));
    await saveAdapterFolder(dir, base, { lora: LORA, tensors, modulesToSave: ['score'] });
    const adapter = await loadAdapterFolder(dir, base);
    expect(adapter.savedTensors).toEqual(['score.weight', 'score.bias']);
    expect(adapter.tensors.has('base_model.model.score.weight')).toBe(true);
    adapter.close();
  });

  it('keeps a verifier’s prompt template, one without a place for the question being refused', async () => {
    const withTemplate = (promptTemplate: string) =>
      ({
        config: {
          ...VERIFIER,
          head: { kind: 'token-classification', numLabels: 2, features: 'hidden', promptTemplate },
        },
        digest: BASE.digest,
      }) as const;
    const tensors = randomTensors(adapterShapes(VERIFIER, LORA, ['score']));
    const content = { lora: LORA, tensors, modulesToSave: ['score'] };
    const [kept, broken] = [join(temporaryFolder(), 'kept'), join(temporaryFolder(), 'broken')];
    await saveAdapterFolder(kept, withTemplate('Q: {question}\nA: '), content);
    await saveAdapterFolder(broken, withTemplate('no place'), content);
    const adapter = await loadAdapterFolder(kept, { config: VERIFIER, digest: BASE.digest });
    adapter.close();
    expect(adapter.promptTemplate).toBe('Q: {question}\nA: ');
    await expect(loadAdapterFolder(broken, { config: VERIFIER, digest: BASE.digest })).rejects.toMatchObject({
      reason: 'ADAPTER_CONFIG_INVALID',
      violations: [{ field: 'sipf.prompt_template' }],
    });
  });

  it.each([
    ['width', { hiddenSize: 16 }],
    ['depth', { numHiddenLayers: 2 }],
  ])('is refused by a base of another %s', async (_, fields) => {
    const dir = await savedAdapter();
    const base = { config: { ...TINY_CONFIG, ...fields }, digest: BASE.digest };
    await expect(loadAdapterFolder(dir, base)).rejects.toMatchObject({
      kind: 'failed-precondition',
      reason: 'ADAPTER_BASE_MISMATCH',
    });
  });

  it('is refused by a base with fewer layers, whose modules would stay without effect', async () => {
    const config = { ...TINY_CONFIG, numHiddenLayers: 2 };
    const dir = join(temporaryFolder(), 'adapter');
    const tensors = randomTensors(adapterShapes(config, LORA, []));
    await saveAdapterFolder(dir, { config, digest: BASE.digest }, { lora: LORA, tensors });
    await expect(loadAdapterFolder(dir, BASE)).rejects.toMatchObject({ reason: 'ADAPTER_BASE_MISMATCH' });
  });

  it('is refused by a base of the same shape with other weights', async () => {
    const other = { config: TINY_CONFIG, digest: `sha256:${'b'.repeat(64)}` };
    await expect(loadAdapterFolder(await savedAdapter(), other)).rejects.toMatchObject({
      kind: 'failed-precondition',
      reason: 'ADAPTER_BASE_MISMATCH',
      metadata: { expected: BASE.digest, actual: other.digest },
    });
  });

  it('is refused where it targets modules that the base does not have', async () => {
    const dir = await savedAdapter();
    edit(dir, { target_modules: ['query_key_value'] });
    await expect(loadAdapterFolder(dir, BASE)).rejects.toMatchObject({
      reason: 'ADAPTER_BASE_MISMATCH',
      violations: [{ field: 'adapter_config.json/target_modules' }],
    });
  });

  it.each([
    [{ peft_type: 'IA3' }, 'peft_type'],
    [{ r: 0 }, 'r'],
    [{ lora_alpha: '8' }, 'lora_alpha'],
    [{ lora_dropout: 1 }, 'lora_dropout'],
    [{ target_modules: [] }, 'target_modules'],
    [{ target_modules: '.*_proj' }, 'target_modules'],
    [{ bias: 'all' }, 'bias'],
    [{ use_dora: true }, 'use_dora'],
    [{ use_rslora: true }, 'use_rslora'],
    [{ rank_pattern: { q_proj: 8 } }, 'rank_pattern'],
    [{ layers_to_transform: [0] }, 'layers_to_transform'],
  ])('with %j is refused with the field named', async (fields, field) => {
    const dir = await savedAdapter();
    edit(dir, fields);
    await expect(loadAdapterFolder(dir, BASE)).rejects.toMatchObject({
      reason: 'ADAPTER_CONFIG_INVALID',
      violations: [{ field: `adapter_config.json/${field}` }],
    });
  });

  it('is not saved with tensors of other modules than it targets', async () => {
    const tensors = randomTensors(adapterShapes(TINY_CONFIG, { ...LORA, targetModules: ['k_proj'] }, []));
    const save = saveAdapterFolder(join(temporaryFolder(), 'adapter'), BASE, { lora: LORA, tensors });
    await expect(save).rejects.toMatchObject({ reason: 'ADAPTER_BASE_MISMATCH' });
  });
});

function edit(dir: string, fields: Record<string, unknown>): void {
  const path = join(dir, 'adapter_config.json');
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...value, ...fields }));
}
