import type { Rng } from '@sipf/random';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { initialVerifierHead } from '../heads/head-parameters.ts';
import { neutralGain, parameterShapes } from './registry.ts';

/**
 * Parameters of an untrained model by Hugging Face name: matrices normal, biases 0, norms neutral, as transformers
 * starts them. Each tensor depends only on the generator's seed and its own name.
 * @param deviation of the matrices. @default 0.02
 */
export function initialParameters(
  config: DecoderConfig,
  rng: Rng,
  deviation = 0.02,
): Map<string, Float32Array> {
  const parameters = new Map<string, Float32Array>();
  const gain = neutralGain(config);
  for (const [name, shape] of parameterShapes(config)) {
    parameters.set(name, initialTensor({ name, shape, deviation, gain }, rng));
  }
  if (config.head !== 'lm')
    for (const [name, values] of initialVerifierHead(config, rng)) parameters.set(name, values);
  return parameters;
}

interface TensorStart {
  readonly name: string;
  readonly shape: readonly number[];
  readonly deviation: number;
  readonly gain: number;
}

function initialTensor({ name, shape, deviation, gain }: TensorStart, rng: Rng): Float32Array {
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  if (name.endsWith('.bias')) return values;
  if (shape.length === 1) return values.fill(gain);
  const stream = rng.split(name);
  return values.map(() => deviation * stream.normal());
}
