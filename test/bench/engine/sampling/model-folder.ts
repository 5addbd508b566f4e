import { parameterShapes, saveModelFolder, type DecoderConfig } from '@sipf/models';
import { createRng } from '@sipf/random';
import { join } from 'node:path';

/** Writes a Hugging Face folder of random float32 weights and returns its path. */
export async function randomModelFolder(under: string, name: string, config: DecoderConfig): Promise<string> {
  const dir = join(under, name);
  const rng = createRng(`bench/${name}`);
  // Repeats of one stretch of noise: as good as fresh noise for speed, and written in a moment.
  const noise = Float32Array.from({ length: 99_991 }, () => 0.05 * rng.normal());
  const tensors = new Map(
    [...parameterShapes(config)].map(([tensor, shape]) => {
      const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
      if (tensor.includes('norm')) data.fill(1);
      else for (let at = 0; at < data.length; at++) data[at] = noise[at % noise.length] as number;
      return [tensor, { dtype: 'float32' as const, shape, data }];
    }),
  );
  await saveModelFolder(dir, { config, tensors });
  return dir;
}
