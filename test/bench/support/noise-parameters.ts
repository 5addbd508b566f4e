import { parameterShapes, type DecoderConfig } from '@sipf/models';
import { createRng } from '@sipf/random';

/** Weights for benches: norms of ones, the rest repeats of one stretch of noise, as good as fresh noise for speed. */
export function noiseParameters(config: DecoderConfig, seed: string): Map<string, Float32Array> {
  const rng = createRng(seed);
  const noise = Float32Array.from({ length: 99_991 }, () => 0.05 * rng.normal());
  return new Map(
    [...parameterShapes(config)].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
      if (name.includes('norm')) return [name, data.fill(1)];
      for (let at = 0; at < data.length; at++) data[at] = noise[at % noise.length] ?? 0;
      return [name, data];
    }),
  );
}
