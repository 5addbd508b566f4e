import { parameterShapes, saveModelFolder, type DecoderConfig } from '@sipf/models';
import { join } from 'node:path';
import { noiseParameters } from '../../support/noise-parameters.ts';

/** Writes a Hugging Face folder of random float32 weights and returns its path. */
export async function randomModelFolder(under: string, name: string, config: DecoderConfig): Promise<string> {
  const dir = join(under, name);
  const shapes = parameterShapes(config);
  const tensors = new Map(
    [...noiseParameters(config, `bench/${name}`)].map(([tensor, data]) => {
      return [tensor, { dtype: 'float32' as const, shape: shapes.get(tensor) ?? [], data }];
    }),
  );
  await saveModelFolder(dir, { config, tensors });
  return dir;
}
