import { parameterShapes } from '@sipf/models';
import { createRng } from '@sipf/random';
import { wordTokenizer } from '@sipf/serving/testing';
import { writeModel } from '../../support/models.ts';
import { LLAMA_SHAPES, llamaConfig, type ShapeName } from '../support/llama-shapes.ts';
import { WORDS } from './ragged-paths.ts';

/** Writes a verifier of random weights and of this shape, which reads {@link WORDS}, and returns its folder. */
export async function writeVerifier(under: string, shape: ShapeName): Promise<string> {
  const head = { kind: 'token-classification', numLabels: 2, features: 'hidden' } as const;
  const config = { ...llamaConfig(LLAMA_SHAPES[shape]), head };
  const rng = createRng(`verifier-bench/${shape}`);
  // Repeats of one stretch of noise: as good as fresh noise for speed, and written in a moment.
  const noise = Float32Array.from({ length: 99_991 }, () => 0.05 * rng.normal());
  const parameters = new Map(
    [...parameterShapes(config)].map(([name, dims]) => {
      const data = new Float32Array(dims.reduce((product, extent) => product * extent, 1));
      if (name.includes('norm')) return [name, data.fill(1)];
      for (let at = 0; at < data.length; at++) data[at] = noise[at % noise.length] ?? 0;
      return [name, data];
    }),
  );
  return await writeModel(under, `verifier-${shape}`, {
    config,
    parameters,
    tokenizer: wordTokenizer(WORDS),
  });
}
