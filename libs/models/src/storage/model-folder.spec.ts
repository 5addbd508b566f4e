import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModelFolder } from './load-model-folder.ts';
import { saveModelFolder } from './save-model-folder.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { TINY_CONFIG, tinyWeights, writeTinyTokenizer } from './testing/tiny-model.ts';
import { writeSafetensors } from './write-safetensors.ts';

const INDEX = 'model.safetensors.index.json';

/** Saves the tiny model, with a tokenizer of its vocabulary's size, and gives the folder. */
async function savedModel(): Promise<string> {
  const tokenizer = temporaryFolder();
  writeTinyTokenizer(tokenizer, TINY_CONFIG.vocabSize - 3);
  const dir = join(temporaryFolder(), 'model');
  await saveModelFolder(dir, { config: TINY_CONFIG, tensors: tinyWeights(), tokenizerFrom: tokenizer });
  return dir;
}

/** The tiny model in two shards; `change` edits the index's weight_map. */
async function shardedModel(
  change: (map: Record<string, string>) => void = () => undefined,
): Promise<string> {
  const dir = await savedModel();
  rmSync(join(dir, 'model.safetensors'));
  const weights = [...tinyWeights()];
  const shards = [weights.slice(0, 5), weights.slice(5)];
  const map: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const name = `model-0000${index + 1}-of-00002.safetensors`;
    await writeSafetensors(join(dir, name), new Map(shard));
    for (const [tensor] of shard) map[tensor] = name;
  }
  change(map);
  writeFileSync(join(dir, INDEX), JSON.stringify({ metadata: {}, weight_map: map }));
  return dir;
}

function editJson(path: string, fields: Record<string, unknown>): void {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...value, ...fields }));
}

describe('a model folder', () => {
  it.each([true, false])(
    'whose LM head is tied, and stored beside the embedding, is tied where both are the same: %s',
    async (isEqual) => {
      const dir = join(temporaryFolder(), 'model');
      const tensors = tinyWeights();
      const embedding = tensors.get('model.embed_tokens.weight');
      if (isEqual && embedding) tensors.set('lm_head.weight', embedding);
      await saveModelFolder(dir, { config: { ...TINY_CONFIG, tieWordEmbeddings: true }, tensors });
      const model = await loadModelFolder(dir);
      expect(model.config.tieWordEmbeddings).toBe(isEqual);
      model.close();
    },
  );

  it('is loaded as it was saved', async () => {
    const dir = await savedModel();
    const model = await loadModelFolder(dir);
    expect(model.config).toEqual(TINY_CONFIG);
    expect(model.generation).toEqual({ bosTokenId: 1, eosTokenIds: [2], padTokenId: 0 });
    expect(model.tokenizer?.vocabSize).toBe(TINY_CONFIG.vocabSize);
    for (const [name, { data }] of tinyWeights()) expect(model.tensors.float32(name)).toEqual(data);
    model.close();
  });

  it('has the same digest and bytes when it is saved again, and another when one weight differs', async () => {
    const parent = temporaryFolder();
    const tensors = tinyWeights();
    const save = (name: string) => saveModelFolder(join(parent, name), { config: TINY_CONFIG, tensors });
    const first = await save('a');
    expect(await save('b')).toBe(first);
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    tensors.get('lm_head.weight')?.data.fill(0.5 as never);
    expect(await save('c')).not.toBe(first);
    expect(readdirSync(parent).sort()).toEqual(['a', 'b', 'c']);
  });

  it('takes a digest that is known instead of hashing', async () => {
    const model = await loadModelFolder(await savedModel(), { knownDigest: 'sha256:known' });
    expect(model.digest).toBe('sha256:known');
    model.close();
  });

  it('is never overwritten', async () => {
    const dir = await savedModel();
    const again = saveModelFolder(dir, { config: TINY_CONFIG, tensors: tinyWeights() });
    await expect(again).rejects.toMatchObject({ kind: 'already-exists', reason: 'FOLDER_EXISTS' });
  });

  it('is not saved with a tensor missing', async () => {
    const tensors = tinyWeights();
    tensors.delete('model.norm.weight');
    const dir = join(temporaryFolder(), 'model');
    await expect(saveModelFolder(dir, { config: TINY_CONFIG, tensors })).rejects.toMatchObject({
      reason: 'TENSORS_MISMATCH',
      violations: [{ field: 'model.norm.weight', description: 'is missing' }],
    });
    expect(existsSync(dir)).toBe(false);
  });

  it('in shards gives the same tensors', async () => {
    const model = await loadModelFolder(await shardedModel());
    for (const [name, { data }] of tinyWeights()) expect(model.tensors.float32(name)).toEqual(data);
    model.close();
  });

  it.each([
    ['../model.safetensors'],
    ['/etc/model.safetensors'],
    ['sub/model.safetensors'],
    ['..\\model.safetensors'],
    ['.hidden.safetensors'],
    ['model.bin'],
    [''],
  ])('whose index names the shard %j is refused', async (shard) => {
    const dir = await shardedModel((map) => {
      map['model.norm.weight'] = shard;
    });
    await expect(loadModelFolder(dir)).rejects.toMatchObject({
      reason: 'SHARD_INDEX_INVALID',
      violations: [{ field: `${INDEX}/weight_map/model.norm.weight` }],
    });
  });

  it('with a shard missing is refused, the shard named', async () => {
    const dir = await shardedModel();
    rmSync(join(dir, 'model-00002-of-00002.safetensors'));
    await expect(loadModelFolder(dir)).rejects.toMatchObject({
      kind: 'not-found',
      reason: 'SHARD_NOT_FOUND',
      violations: [{ field: 'model-00002-of-00002.safetensors' }],
    });
  });

  it('whose index puts a tensor into the wrong shard is refused', async () => {
    const dir = await shardedModel((map) => {
      map['lm_head.weight'] = 'model-00001-of-00002.safetensors';
    });
    await expect(loadModelFolder(dir)).rejects.toMatchObject({ reason: 'SHARD_INDEX_INVALID' });
  });

  it('whose index leaves a tensor out is refused', async () => {
    const dir = await shardedModel((map) => {
      delete map['lm_head.weight'];
    });
    await expect(loadModelFolder(dir)).rejects.toMatchObject({
      reason: 'TENSORS_MISMATCH',
      violations: [{ field: 'lm_head.weight', description: 'is missing' }],
    });
  });

  it('whose tensors have other shapes than its configuration says is refused', async () => {
    const dir = await savedModel();
    editJson(join(dir, 'config.json'), { intermediate_size: 13 });
    await expect(loadModelFolder(dir)).rejects.toMatchObject({
      kind: 'failed-precondition',
      reason: 'TENSORS_MISMATCH',
      violations: ['gate_proj', 'up_proj', 'down_proj'].map((name) => ({
        field: `model.layers.0.mlp.${name}.weight`,
      })),
    });
  });

  it('with truncated weights is refused', async () => {
    const dir = await savedModel();
    truncateSync(join(dir, 'model.safetensors'), 2000);
    await expect(loadModelFolder(dir)).rejects.toMatchObject({
      kind: 'data-loss',
      reason: 'SAFETENSORS_TRUNCATED',
    });
  });

  it('whose tokenizer has more ids than the embedding rows is refused', async () => {
    const dir = await savedModel();
    writeTinyTokenizer(dir, TINY_CONFIG.vocabSize - 2);
    await expect(loadModelFolder(dir)).rejects.toMatchObject({
      kind: 'failed-precondition',
      reason: 'VOCABULARY_MISMATCH',
      violations: [{ field: 'config.json/vocab_size' }],
    });
  });

  it.each([
    ['config.json', 'MODEL_FILE_NOT_FOUND'],
    ['model.safetensors', 'WEIGHTS_NOT_FOUND'],
  ])('without %s is refused', async (name, reason) => {
    const dir = await savedModel();
    rmSync(join(dir, name));
    await expect(loadModelFolder(dir)).rejects.toMatchObject({ kind: 'not-found', reason });
  });

  it('without a tokenizer is loaded without one', async () => {
    const dir = await savedModel();
    rmSync(join(dir, 'tokenizer.json'));
    const model = await loadModelFolder(dir);
    expect(model.tokenizer).toBeUndefined();
    model.close();
  });

  it.each(['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'])(
    'whose %s is not JSON is refused',
    async (name) => {
      const dir = await savedModel();
      writeFileSync(join(dir, name), '{"a": ');
      await expect(loadModelFolder(dir)).rejects.toMatchObject({
        reason: 'MODEL_FILE_INVALID',
        metadata: { file: name },
      });
    },
  );

  it.each(['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'])(
    'whose %s nests without an end, or is larger than any, is refused at once',
    async (name) => {
      const dir = await savedModel();
      const start = performance.now();
      for (const text of ['['.repeat(200_000), '{"a":'.repeat(40_000)]) {
        writeFileSync(join(dir, name), text);
        await expect(loadModelFolder(dir)).rejects.toMatchObject({ reason: 'MODEL_FILE_INVALID' });
      }
      writeFileSync(join(dir, name), '');
      truncateSync(join(dir, name), 200_000_000);
      await expect(loadModelFolder(dir)).rejects.toMatchObject({ reason: 'MODEL_FILE_TOO_LARGE' });
      expect(performance.now() - start).toBeLessThan(5_000);
    },
  );

  it('whose generation_config.json names an id outside the vocabulary is refused', async () => {
    const dir = await savedModel();
    editJson(join(dir, 'generation_config.json'), { eos_token_id: [2, 16] });
    await expect(loadModelFolder(dir)).rejects.toMatchObject({
      reason: 'GENERATION_CONFIG_INVALID',
      violations: [{ field: 'generation_config.json/eos_token_id/1' }],
    });
  });

  it('takes the token ids of generation_config.json before those of config.json', async () => {
    const dir = await savedModel();
    editJson(join(dir, 'generation_config.json'), { eos_token_id: [2, 3] });
    const model = await loadModelFolder(dir);
    expect(model.generation.eosTokenIds).toEqual([2, 3]);
    model.close();
  });

  it('keeps its digest when files that no model needs are added', async () => {
    const dir = await savedModel();
    const before = await loadModelFolder(dir);
    writeFileSync(join(dir, 'README.md'), 'notes');
    mkdirSync(join(dir, 'runs'));
    const after = await loadModelFolder(dir);
    expect(after.digest).toBe(before.digest);
    before.close();
    after.close();
  });
});
