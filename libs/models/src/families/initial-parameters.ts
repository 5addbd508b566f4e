import type { Rng } from '@sipf/random';
import { INITIAL_DEVIATION, type DecoderConfig } from '../config/decoder-config.ts';
import { initialVerifierHead } from '../heads/head-parameters.ts';
import { neutralGain, parameterShapes } from './registry.ts';

/**
 * Parameters of an untrained model by Hugging Face name: matrices normal, biases 0, norms neutral, as transformers
 * starts them. Each tensor depends only on the generator's seed and its own name.
 * @param deviation of the matrices. @default the configuration's
 */
export function initialParameters(
  config: DecoderConfig,
  rng: Rng,
  deviation = config.initialDeviation ?? INITIAL_DEVIATION,
): Map<string, Float32Array> {
  const parameters = new Map<string, Float32Array>();
  const start = parameterStart(config, rng, deviation);
  for (const name of parameterShapes(config).keys()) parameters.set(name, start(name));
  if (config.head !== 'lm')
    for (const [name, values] of initialVerifierHead(config, rng)) parameters.set(name, values);
  return parameters;
}

/**
 * What draws a parameter of an untrained model by its name, one at a time; those of {@link initialParameters} but for a
 * verifier's head.
 * @param deviation of the matrices. @default the configuration's
 */
export function parameterStart(
  config: DecoderConfig,
  rng: Rng,
  deviation = config.initialDeviation ?? INITIAL_DEVIATION,
): (name: string) => Float32Array {
  const shapes = parameterShapes(config);
  const gain = neutralGain(config);
  return (name) => {
    const shape = shapes.get(name) ?? [];
    const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    if (name.endsWith('.bias')) return values;
    if (shape.length === 1) return values.fill(gain);
    const stream = rng.split(name);
    return values.map(() => deviation * stream.normal());
  };
}
