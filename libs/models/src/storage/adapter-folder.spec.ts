import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LoraConfig, moduleLoras } from '../adapters/lora-config.ts';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { linearModules } from '../families/registry.ts';
import { adapterShapes, loadAdapterFolder } from './load-adapter-folder.ts';
import { saveAdapterFolder } from './save-adapter-folder.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { randomTensors, TINY_CONFIG } from './testing/tiny-model.ts';
import { writeSafetensors } from './write-safetensors.ts';

const BASE = { config: TINY_CONFIG, digest: `sha256:${'a'.repeat(64)}` };
const LORA: LoraConfig = { rank: 2, alpha: 4, targetModules: ['q_proj', 'down_proj'], dropout: 0.05 };
const MODULES = [...linearModules(TINY_CONFIG).keys()];
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

  it('keeps a verifier’s prompt template, and refuses one without a slot for the question', async () => {
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
    await saveAdapterFolder(broken, withTemplate('no slot'), content);
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

  it('names the parts of a regular expression that are not supported', async () => {
    const dir = await savedAdapter();
    edit(dir, { target_modules: '.*(?P<one>q|k)_proj' });
    const description =
      '(?P< in a regular expression is not read here: write it without, or as a list of names';
    await expect(loadAdapterFolder(dir, BASE)).rejects.toMatchObject({
      violations: [{ field: 'adapter_config.json/target_modules', description }],
    });
  });

  it.each([
    [{ peft_type: 'IA3' }, 'peft_type'],
    [{ task_type: 'SEQ_CLS' }, 'task_type'],
    [{ r: 0 }, 'r'],
    [{ lora_alpha: '8' }, 'lora_alpha'],
    [{ lora_dropout: 1 }, 'lora_dropout'],
    [{ target_modules: [] }, 'target_modules'],
    [{ target_modules: '(q_proj' }, 'target_modules'],
    [{ target_modules: '(?i).*Q_PROJ' }, 'target_modules'],
    [{ target_modules: null }, 'target_modules'],
    [{ exclude_modules: '[a' }, 'exclude_modules'],
    [{ rank_pattern: { q_proj: 0 } }, 'rank_pattern/q_proj'],
    [{ rank_pattern: { '(q': 2 } }, 'rank_pattern/(q'],
    [{ alpha_pattern: { q_proj: '8' } }, 'alpha_pattern/q_proj'],
    [{ layers_to_transform: ['0'] }, 'layers_to_transform'],
    [{ layers_to_transform: [0], target_modules: '.*q_proj' }, 'layers_to_transform'],
    [{ layers_to_transform: 0, target_modules: 'all-linear' }, 'layers_to_transform'],
    [{ layers_pattern: 'layers' }, 'layers_pattern'],
    [{ bias: 'all' }, 'bias'],
    [{ bias: 'lora_only' }, 'bias'],
    [{ use_dora: 'yes' }, 'use_dora'],
    [{ use_rslora: 1 }, 'use_rslora'],
    ...['pissa', 'pissa_niter_16', 'olora', 'corda', 'loftq', 'lora_ga', 'loftQ', 'anything'].map(
      (init_lora_weights): [object, string] => [{ init_lora_weights }, 'init_lora_weights'],
    ),
    [{ fan_in_fan_out: true }, 'fan_in_fan_out'],
    [{ lora_bias: true }, 'lora_bias'],
    [{ use_qalora: true }, 'use_qalora'],
    [{ use_bdlora: { nblocks: 2 } }, 'use_bdlora'],
    [{ alora_invocation_tokens: [5, 6] }, 'alora_invocation_tokens'],
    [{ arrow_config: { top_k: 3 } }, 'arrow_config'],
    [{ velora_config: {} }, 'velora_config'],
    [{ monteclora_config: {} }, 'monteclora_config'],
    [{ kasa_config: {} }, 'kasa_config'],
    [{ layer_replication: [[0, 1]] }, 'layer_replication'],
    [{ target_parameters: ['q_proj.weight'] }, 'target_parameters'],
    [{ trainable_token_indices: [] }, 'trainable_token_indices'],
    [{ megatron_config: { tensor_parallel: 2 } }, 'megatron_config'],
    [{ a_setting_of_tomorrow: null }, 'a_setting_of_tomorrow'],
  ])('with %j is refused with the field named', async (fields, field) => {
    const dir = await savedAdapter();
    edit(dir, fields);
    await expect(loadAdapterFolder(dir, BASE)).rejects.toMatchObject({
      reason: 'ADAPTER_CONFIG_INVALID',
      violations: [{ field: `adapter_config.json/${field}` }],
    });
  });

  it.each([
    [{ init_lora_weights: false }],
    [{ init_lora_weights: 'Gaussian', loftq_config: { loftq_bits: 4 }, megatron_core: 'megatron.core' }],
    [{ init_lora_weights: 'eva', eva_config: { rho: 2 }, qalora_group_size: 16, layer_replication: [] }],
    [{ alora_invocation_tokens: null, use_bdlora: null, target_parameters: [], rank_pattern: {} }],
    [{ peft_version: '0.21.2', revision: 'main', auto_mapping: null, inference_mode: false }],
    [{ enable_lora: null, merge_weights: false }],
    [{ layers_to_transform: [], layers_pattern: null, exclude_modules: [], ensure_weight_tying: true }],
  ])('with %j means what it meant without', async (fields) => {
    const dir = await savedAdapter();
    edit(dir, fields);
    const adapter = await loadAdapterFolder(dir, BASE);
    adapter.close();
    expect(moduleLoras(adapter.lora, MODULES)).toEqual(moduleLoras(LORA, MODULES));
  });

  it('is refused where a pattern for its modules matches for ever', async () => {
    const dir = await savedAdapter();
    edit(dir, { target_modules: String.raw`(\w|.)*(\w|.)*(\w|.)*!` });
    await expect(loadAdapterFolder(dir, BASE)).rejects.toMatchObject({ reason: 'ADAPTER_CONFIG_INVALID' });
  });

  it('is refused where it targets the head, embeddings or norms too', async () => {
    const dir = await savedAdapter();
    edit(dir, { target_modules: ['q_proj', 'down_proj', 'lm_head'] });
    await expect(loadAdapterFolder(dir, BASE)).rejects.toMatchObject({ reason: 'ADAPTER_BASE_MISMATCH' });
  });

  it('is saved with every setting that is loaded', async () => {
    const lora: LoraConfig = {
      ...LORA,
      targetModules: { pattern: String.raw`.*\.(q|v)_proj` },
      excludeModules: { pattern: '.*v_proj' },
      rankPattern: { q_proj: 3 },
      alphaPattern: { 'self_attn.q_proj': 5 },
      rankStabilised: true,
      decomposed: true,
    };
    const adapter = await loadAdapterFolder(await savedAdapter(lora), BASE);
    adapter.close();
    expect(adapter.lora).toEqual(lora);
    const layered: LoraConfig = {
      ...LORA,
      layers: { indices: [0], lists: ['layers'] },
      excludeModules: ['v_proj'],
    };
    const other = await loadAdapterFolder(await savedAdapter(layered), BASE);
    other.close();
    expect(other.lora).toEqual(layered);
  });

  it('is refused where the header of its weights has room for more than its tensors', async () => {
    const dir = await savedAdapter();
    const path = join(dir, 'adapter_model.safetensors');
    const file = readFileSync(path);
    const length = Number(file.readBigUInt64LE());
    const padded = (bytes: number): Buffer => {
      const prefix = Buffer.alloc(8);
      prefix.writeBigUInt64LE(BigInt(length + bytes));
      return Buffer.concat([
        prefix,
        file.subarray(8, 8 + length),
        Buffer.alloc(bytes, ' '),
        file.subarray(8 + length),
      ]);
    };
    writeFileSync(path, padded(1e6));
    (await loadAdapterFolder(dir, BASE)).close();
    writeFileSync(path, padded(2e6));
    await expect(loadAdapterFolder(dir, BASE)).rejects.toMatchObject({
      reason: 'SAFETENSORS_HEADER_TOO_LARGE',
      violations: [{ field: 'adapter_model.safetensors' }],
    });
  });

  it('is not saved with tensors of other modules than it targets', async () => {
    const tensors = randomTensors(adapterShapes(TINY_CONFIG, { ...LORA, targetModules: ['k_proj'] }, []));
    const save = saveAdapterFolder(join(temporaryFolder(), 'adapter'), BASE, { lora: LORA, tensors });
    await expect(save).rejects.toMatchObject({ reason: 'ADAPTER_BASE_MISMATCH' });
  });
});

describe('an adapter that saves the embedding of a base whose head is that embedding', () => {
  const tied = { config: { ...TINY_CONFIG, tieWordEmbeddings: true }, digest: BASE.digest };

  async function saved(): Promise<string> {
    const dir = join(temporaryFolder(), 'adapter');
    const tensors = randomTensors(adapterShapes(tied.config, LORA, ['embed_tokens']));
    await saveAdapterFolder(dir, tied, { lora: LORA, tensors, modulesToSave: ['embed_tokens'] });
    return dir;
  }

  it('is saved as one matrix for both, and loaded as that', async () => {
    const dir = await saved();
    expect(JSON.parse(readFileSync(join(dir, 'adapter_config.json'), 'utf8'))).toMatchObject({
      ensure_weight_tying: true,
    });
    const adapter = await loadAdapterFolder(dir, tied);
    adapter.close();
    expect(adapter.savedTensors).toEqual(['model.embed_tokens.weight']);
    expect(adapter.tensors.has('base_model.model.lm_head.weight')).toBe(true);
  });

  it.each([[['embed_tokens']], [['lm_head']], [['embed_tokens', 'lm_head']]])(
    'is refused with %j where the two become two',
    async (modules_to_save) => {
      const dir = await saved();
      edit(dir, { ensure_weight_tying: false, modules_to_save });
      await expect(loadAdapterFolder(dir, tied)).rejects.toMatchObject({
        reason: 'ADAPTER_CONFIG_INVALID',
        violations: [{ field: 'adapter_config.json/modules_to_save' }],
      });
    },
  );

  it('is refused where the second copy is another matrix', async () => {
    const dir = await saved();
    const path = join(dir, 'adapter_model.safetensors');
    const adapter = await loadAdapterFolder(dir, tied);
    const names = adapter.tensors.names;
    const tensors = new Map(names.map((name) => [name, adapter.tensors.tensor(name)]));
    adapter.close();
    const head = new Float32Array(tensors.get('base_model.model.lm_head.weight')?.data as Float32Array);
    head[0] = 77;
    tensors.set('base_model.model.lm_head.weight', { dtype: 'float32', shape: [16, 8], data: head });
    rmSync(path);
    await writeSafetensors(path, tensors);
    await expect(loadAdapterFolder(dir, tied)).rejects.toMatchObject({
      reason: 'ADAPTER_BASE_MISMATCH',
      violations: [{ field: 'base_model.model.lm_head.weight' }],
    });
  });
});

function edit(dir: string, fields: object): void {
  const path = join(dir, 'adapter_config.json');
  const value = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...value, ...fields }));
}
