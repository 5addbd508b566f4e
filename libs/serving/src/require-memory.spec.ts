import { planMemory } from '@sipf/inference';
import { parameterShapes, parseDecoderConfig } from '@sipf/models';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireMemory, type PlannedModel } from './require-memory.ts';

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
const FORM = { quantisation: 'none', precision: 'float32', workers: 1, work: 'scoring' } as const;
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
  planMemory(folder, { ...FORM, ...changes }).find((part) => part.what === what)?.bytes;

describe('the plan of a 7B model in float16 shards', () => {
  it('has the bytes of its weights as they are kept', () => {
    const matrices = FEED_FORWARD + ATTENTION + TABLES;
    expect(bytesOf('weights in float32')).toBe(4 * (matrices + NORMS));
    expect(bytesOf('weights in float16', { precision: 'float16' })).toBe(2 * matrices + 4 * NORMS);
    expect(bytesOf('weights in int8', { quantisation: 'int8' })).toBe(1.25 * matrices + 4 * NORMS);
    // Of 28 of 32 layers the feed-forward's first two matrices.
    const fours = (FEED_FORWARD * 2 * 28) / (3 * 32);
    expect(bytesOf('weights in int4', { quantisation: 'int4' })).toBe(
      0.75 * fours + 1.25 * (matrices - fours) + 4 * NORMS,
    );
  });

  it('has a copy of what no file holds so, and counts each worker', () => {
    const copy = 'a copy while they are loaded';
    expect(bytesOf(copy)).toBe(bytesOf('weights in float32'));
    expect(bytesOf(copy, { precision: 'float16' })).toBeUndefined();
    expect(bytesOf('weights in float32', { workers: 3 })).toBe(3 * Number(bytesOf('weights in float32')));
  });

  it('is refused with its figures where the machine has less, and said where it has enough', () => {
    const model: PlannedModel = { folder, work: 'scoring', settings: SETTINGS };
    expect(() => requireMemory(model, 24 * GIB)).toThrow(
      expect.objectContaining({
        reason: 'MEMORY_INSUFFICIENT',
        message: expect.stringMatching(
          /50\.\d\d GiB are needed .*weights in float32 25\.10 GiB: 6,738,415,616 parameters x 4\.00 bytes; .*16 rows x 64 tokens.* 24\.00 GiB are available\. Round/,
        ) as string,
      }),
    );
    const rounded = { ...model, settings: { ...SETTINGS, quantise: 'int4' } } as const;
    expect(requireMemory(rounded, 24 * GIB)).toMatch(/weights in int4 6\.67 GiB/);
  });
});

it('plans nothing for a GPU, nor for a folder that whoever opens it refuses', () => {
  const model: PlannedModel = { folder, work: 'scoring', settings: { ...SETTINGS, device: 'cuda' } };
  expect(requireMemory(model, 1)).toBeUndefined();
  expect(requireMemory({ ...model, folder: '/nowhere', settings: SETTINGS }, 1)).toBeUndefined();
});
