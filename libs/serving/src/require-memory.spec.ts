import { planMemory } from '@sipf/inference';
import { parameterShapes, parseDecoderConfig } from '@sipf/models';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireAdapterMemory, requireMemory, type PlannedModel } from './require-memory.ts';

/** Llama 2 7B. */
const CONFIG = {
  model_type: 'llama',
  ...{ hidden_size: 4096, intermediate_size: 11_008, num_hidden_layers: 32, vocab_size: 32_000 },
  ...{ num_attention_heads: 32, num_key_value_heads: 32, head_dim: 128, max_position_embeddings: 4096 },
  ...{ rms_norm_eps: 1e-5, rope_theta: 10_000, tie_word_embeddings: false, hidden_act: 'silu' },
  ...{ bos_token_id: 1, eos_token_id: 2 },
};
const FEED_FORWARD = 32 * 3 * 4096 * 11_008;
const ATTENTION = 32 * 4 * 4096 * 4096;
const TABLES = 2 * 32_000 * 4096;
const NORMS = 65 * 4096;
const FORM: Parameters<typeof planMemory>[1] = {
  ...{ quantisation: 'none', precision: 'float32', device: 'cpu', workers: 1, work: 'scoring' },
};
const SETTINGS = { quantise: 'none', precision: 'float32', device: 'cpu', workers: 1 } as const;
const GIB = 1024 ** 3;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-plan-'));
  const names = [...parameterShapes(parseDecoderConfig(CONFIG))];
  const half = Math.ceil(names.length / 2);
  const map = [names.slice(0, half), names.slice(half)].flatMap((shard, index) => {
    const file = `model-${index}.safetensors`;
    writeHeaders(join(folder, file), shard);
    return shard.map(([name]) => [name, file] as const);
  });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(CONFIG));
  const index = { weight_map: Object.fromEntries(map) };
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A file of float16 tensors that has room for them and holds none: it takes no place on a disk. */
function writeHeaders(path: string, shapes: readonly (readonly [string, readonly number[]])[]): void {
  let end = 0;
  const fields = shapes.map(([name, shape]) => {
    const start = end;
    end += 2 * shape.reduce((all, size) => all * size, 1);
    return [name, { dtype: 'F16', shape, data_offsets: [start, end] }];
  });
  // Filled up to whole numbers, as its writers do, so that the tensors may be mapped.
  const text = JSON.stringify(Object.fromEntries(fields));
  const header = Buffer.from(text.padEnd(8 * Math.ceil(text.length / 8)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path, Buffer.concat([size, header]));
  truncateSync(path, size.length + header.length + end);
}

const bytesOf = (what: string, changes: Partial<Parameters<typeof planMemory>[1]> = {}) =>
  planMemory(folder, { ...FORM, ...changes }).machine.find((part) => part.what === what)?.bytes;

describe('the plan of a 7B model in float16 shards', () => {
  it('has the bytes of its weights as they are kept', () => {
    const matrices = FEED_FORWARD + ATTENTION + TABLES;
    expect(bytesOf('weights in float32')).toBe(4 * (matrices + NORMS));
    expect(bytesOf('weights in float16', { precision: 'float16' })).toBe(2 * matrices + 4 * NORMS);
    expect(bytesOf('weights in int8', { quantisation: 'int8' })).toBe(1.25 * matrices + 4 * NORMS);
    // Of 24 of 32 layers the feed-forward's first two matrices.
    const fours = (FEED_FORWARD * 2 * 24) / (3 * 32);
    expect(bytesOf('weights in int4', { quantisation: 'int4' })).toBe(
      0.75 * fours + 1.25 * (matrices - fours) + 4 * NORMS,
    );
  });

  it('has a copy of what no file holds so, and counts each worker', () => {
    const copy = 'copies while they are loaded';
    expect(bytesOf(copy)).toBe(bytesOf('weights in float32'));
    expect(bytesOf(copy, { precision: 'float16' })).toBeUndefined();
    expect(bytesOf('weights in float32', { workers: 3 })).toBe(3 * Number(bytesOf('weights in float32')));
  });

  it('is refused with its figures where the machine has less, and said where it has enough', () => {
    const model: PlannedModel = { folder, work: 'scoring', settings: SETTINGS };
    expect(() => requireMemory(model, { machine: 24 * GIB, device: undefined })).toThrow(
      expect.objectContaining({
        reason: 'MEMORY_INSUFFICIENT',
        message: expect.stringMatching(
          /50\.\d\d GiB are needed .*weights in float32 25\.10 GiB: 6,738,415,616 parameters x 4\.00 bytes; .*16 rows x 64 tokens.* 24\.00 GiB are available\. Round/,
        ) as string,
      }),
    );
    const rounded = { ...model, settings: { ...SETTINGS, quantise: 'int4' } } as const;
    expect(requireMemory(rounded, { machine: 24 * GIB, device: undefined })).toMatch(
      /^2[01]\.\d\d GiB are needed .*weights in int4 6\.84 GiB: .*copies while they are loaded 13\.6\d GiB/,
    );
    expect(() => requireMemory(rounded, { machine: 18 * GIB, device: undefined })).toThrow('does not fit');
  });
});

describe('the plan of a verifier on a device', () => {
  const on = (device: 'cuda' | 'webgpu', how: Partial<PlannedModel['settings']>): PlannedModel => ({
    ...{ folder, work: 'scoring', settings: { ...SETTINGS, device, ...how } },
  });

  it('has weights and a batch there, and in the machine what no file holds so, for as long as it is loaded', () => {
    const half = requireMemory(on('cuda', { precision: 'float16' }), { machine: GIB, device: 24 * GIB });
    expect(half).toMatch(
      /^on cuda 13\.\d\d GiB are needed \(weights in float16 12\.55 GiB: .*; a batch of scoring .*\), 24\.00 GiB are available; /,
    );
    expect(half).toMatch(/; while it is loaded 0\.22 GiB are needed \(the process/);
    const rounded = on('webgpu', { quantise: 'int4' });
    expect(requireMemory(rounded, { machine: 16 * GIB, device: undefined })).toMatch(
      /^on webgpu 7\.\d\d GiB are needed \(weights in int4 6\.84 GiB: .*\), nobody says how much there is; .* copies while/,
    );
  });

  it('is refused where either has less', () => {
    const refusal = (words: RegExp): unknown =>
      expect.objectContaining({
        reason: 'MEMORY_INSUFFICIENT',
        message: expect.stringMatching(words) as string,
      });
    const half = on('cuda', { precision: 'float16' });
    expect(() => requireMemory(half, { machine: 64 * GIB, device: 8 * GIB })).toThrow(
      refusal(
        /does not fit into the memory of cuda: 13\.\d\d GiB are needed .* 8\.00 GiB are available\. Round/,
      ),
    );
    const rounded = on('cuda', { quantise: 'int4' });
    expect(() => requireMemory(rounded, { machine: 4 * GIB, device: 8 * GIB })).toThrow(
      refusal(
        /does not fit into memory while it is loaded: 7\.\d\d GiB are needed .* 4\.00 GiB are available/,
      ),
    );
  });
});

describe('the plan of an adapter', () => {
  const layer = 'base_model.model.model.layers.0.self_attn.q_proj';
  const pair = [
    [`${layer}.lora_A.weight`, [256, 4096]],
    [`${layer}.lora_B.weight`, [4096, 256]],
  ] as const;

  function adapterOf(name: string, shapes: readonly (readonly [string, readonly number[]])[]): string {
    const path = join(folder, name);
    mkdirSync(path);
    writeHeaders(join(path, 'adapter_model.safetensors'), shapes);
    return path;
  }

  it('has its tensors in float32 for each worker, and of a DoRA the weights of its modules', () => {
    const plain = adapterOf('plain', pair);
    expect(requireAdapterMemory(plain, { workers: 3 }, GIB)).toMatch(
      /^0\.02 GiB are needed \(its tensors .*: 3 workers x 2,097,152 elements x 4 bytes\), 1\.00 GiB are available$/,
    );
    const decomposed = adapterOf('decomposed', [...pair, [`${layer}.lora_magnitude_vector`, [4096]]]);
    const elements = (2_097_152 + 4096 + 4096 * 4096).toLocaleString('en');
    expect(requireAdapterMemory(decomposed, { workers: 1 }, GIB)).toContain(`${elements} elements`);
  });

  it('is refused with its figures where the machine has less; a folder that cannot be read is not its concern', () => {
    expect(() => requireAdapterMemory(adapterOf('wide', pair), { workers: 2 }, 2 ** 23)).toThrow(
      expect.objectContaining({
        reason: 'MEMORY_INSUFFICIENT',
        message: expect.stringMatching(
          /^the adapter wide does not fit into memory: 0\.02 GiB .*--max-adapters/,
        ) as string,
      }),
    );
    expect(requireAdapterMemory('/nowhere', { workers: 1 }, 1)).toBeUndefined();
  });
});

it('plans nothing for a folder that whoever opens it refuses', () => {
  const model: PlannedModel = { folder: '/nowhere', work: 'scoring', settings: SETTINGS };
  expect(requireMemory(model, { machine: 1, device: undefined })).toBeUndefined();
});
