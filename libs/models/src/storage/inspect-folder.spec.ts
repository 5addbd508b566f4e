import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspectAdapterFolder, inspectModelFolder } from './inspect-folder.ts';
import { adapterShapes } from './load-adapter-folder.ts';
import { saveAdapterFolder } from './save-adapter-folder.ts';
import { saveModelFolder } from './save-model-folder.ts';
import { leastOf } from './testing/least-of.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { randomTensors, TINY_CONFIG, tinyWeights } from './testing/tiny-model.ts';

const BASE = { config: TINY_CONFIG, digest: `sha256:${'a'.repeat(64)}` };

async function savedModel(): Promise<string> {
  const dir = join(temporaryFolder(), 'model');
  await saveModelFolder(dir, { config: TINY_CONFIG, tensors: tinyWeights() });
  return dir;
}

/** Adds tensors without elements to a file. */
function addEmptyTensors(path: string, count: number): void {
  const bytes = readFileSync(path);
  const dataStart = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, dataStart).toString()) as Record<string, unknown>;
  const end = bytes.length - dataStart;
  const empty = { dtype: 'F32', shape: [0], data_offsets: [end, end] };
  for (let index = 0; index < count; index++) header[`model.layers.${index}.nothing.at.all.weight`] = empty;
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([prefix, json, bytes.subarray(dataStart)]));
}

it('opens a header of 130,000 tensors without holding the event loop', async () => {
  const dir = await savedModel();
  addEmptyTensors(join(dir, 'model.safetensors'), 130_000);
  const workedMs = await leastOf(async () => {
    const before = process.threadCpuUsage();
    expect(await inspectModelFolder(dir)).toEqual({ config: TINY_CONFIG });
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  });
  expect(workedMs).toBeLessThan(100);
});

it('says of a model what opening it says', async () => {
  const dir = await savedModel();
  writeFileSync(join(dir, 'model.safetensors'), '1234567');
  await expect(inspectModelFolder(dir)).rejects.toMatchObject({
    kind: 'data-loss',
    reason: 'SAFETENSORS_TRUNCATED',
    message: expect.stringMatching(/^model: /) as string,
  });
});

it('gives an adapter’s settings, and refuses another base', async () => {
  const dir = join(temporaryFolder(), 'adapter');
  const lora = { rank: 2, alpha: 4, targetModules: ['q_proj'], dropout: 0 };
  await saveAdapterFolder(dir, BASE, { lora, tensors: randomTensors(adapterShapes(TINY_CONFIG, lora, [])) });
  expect(await inspectAdapterFolder(dir, BASE)).toEqual({ lora, savedTensors: [] });
  await expect(inspectAdapterFolder(dir, { ...BASE, digest: 'sha256:b' })).rejects.toMatchObject({
    reason: 'ADAPTER_BASE_MISMATCH',
  });
});
