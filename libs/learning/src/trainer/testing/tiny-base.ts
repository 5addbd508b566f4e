import { parameterShapes, saveModelFolder, type DecoderConfig, type HostTensor } from '@sipf/models';
import { createRng } from '@sipf/random';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A decoder small enough for a training in a unit test. */
export const TINY_CONFIG: DecoderConfig = {
  modelType: 'llama',
  hiddenSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 8,
  intermediateSize: 48,
  vocabSize: 23,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositionEmbeddings: 64,
  rope: { kind: 'default', theta: 10_000 },
  attentionBias: false,
  mlpBias: false,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
  head: 'lm',
};

const folders: string[] = [];

/** Every test file that makes folders hands this to `afterAll`: a process loads this module once for many files. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

/** A new folder, see {@link removeTemporaryFolders}. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-learning-'));
  folders.push(folder);
  return folder;
}

/** A saved model of random weights; its folder. */
export async function saveTinyBase(config: DecoderConfig = TINY_CONFIG): Promise<string> {
  return await saveTensors(config, (shape, data) => ({ dtype: 'float32', shape, data }));
}

/** The same weights rounded to bfloat16, saved as such and as float32; the two folders. */
export async function saveRoundedBases(): Promise<readonly [bfloat16: string, float32: string]> {
  const bitsOf = (data: Float32Array) => new Uint32Array(data.buffer).map((bits) => bits >>> 16);
  const bfloat16 = await saveTensors(TINY_CONFIG, (shape, data) => ({
    ...{ dtype: 'bfloat16', shape },
    data: Uint16Array.from(bitsOf(data)),
  }));
  const float32 = await saveTensors(TINY_CONFIG, (shape, data) => ({
    ...{ dtype: 'float32', shape },
    data: new Float32Array(bitsOf(data).map((bits) => bits << 16).buffer),
  }));
  return [bfloat16, float32];
}

async function saveTensors(
  config: DecoderConfig,
  asTensor: (shape: readonly number[], data: Float32Array) => HostTensor,
): Promise<string> {
  const folder = join(temporaryFolder(), 'base');
  const tensors = [...parameterShapes(config)].map(([name, shape]) => {
    const rng = createRng('tiny base').split(name);
    const size = shape.reduce((product, extent) => product * extent, 1);
    const centre = name.includes('norm') ? 1 : 0;
    const data = Float32Array.from({ length: size }, () => centre + 0.1 * rng.normal());
    return [name, asTensor(shape, data)] as const;
  });
  await saveModelFolder(folder, { config, tensors: new Map(tensors) });
  return folder;
}
