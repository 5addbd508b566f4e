import { toFloat16Bits } from '@sipf/graph';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parameterShapes } from '../families/registry.ts';
import { EVERY_FAMILY, tinyFamily, tinyParameters } from '../families/testing/index.ts';
import { toFloat32 } from './float-conversion.ts';
import type { HostTensor } from './host-tensor.ts';
import { loadModelFolder } from './load-model-folder.ts';
import { saveModelFolder } from './save-model-folder.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { writeSafetensors } from './write-safetensors.ts';

/** The upper half of a float32's bits. */
function toBfloat16Bits(value: number): number {
  return (new Uint32Array(Float32Array.of(value).buffer)[0] as number) >>> 16;
}

const ENCODERS = { float16: toFloat16Bits, bfloat16: toBfloat16Bits } as const;

describe.each(EVERY_FAMILY)('a folder of %s', (modelType) => {
  const config = tinyFamily(modelType);

  it.each(['float16', 'bfloat16'] as const)(
    'is loaded from %s weights, whole or in shards',
    async (dtype) => {
      const shapes = parameterShapes(config);
      const tensors = new Map(
        [...tinyParameters(config)].map(([name, values]): [string, HostTensor] => {
          const data = Uint16Array.from(values, ENCODERS[dtype]);
          return [name, { dtype, shape: shapes.get(name) ?? [], data }];
        }),
      );
      const dir = join(temporaryFolder(), 'model');
      await saveModelFolder(dir, { config, tensors });
      await expectContent(dir, tensors);
      await splitIntoShards(dir, tensors);
      await expectContent(dir, tensors);
    },
  );
});

async function expectContent(dir: string, tensors: ReadonlyMap<string, HostTensor>): Promise<void> {
  const model = await loadModelFolder(dir);
  for (const [name, tensor] of tensors) {
    expect(model.tensors.dtype(name)).toBe(tensor.dtype);
    expect(model.tensors.float32(name)).toEqual(toFloat32(tensor));
  }
  model.close();
}

/** Puts every third tensor into one of three files instead of one. */
async function splitIntoShards(dir: string, tensors: ReadonlyMap<string, HostTensor>): Promise<void> {
  rmSync(join(dir, 'model.safetensors'));
  const shards = Map.groupBy([...tensors].entries(), ([index]) => index % 3);
  const map: Record<string, string> = {};
  for (const [shard, entries] of shards) {
    const file = `model-0000${shard + 1}-of-00003.safetensors`;
    await writeSafetensors(join(dir, file), new Map(entries.map(([, entry]) => entry)));
    for (const [, [name]] of entries) map[name] = file;
  }
  writeFileSync(join(dir, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
}
