import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import { parseDecoderConfig } from '../config/parse-decoder-config.ts';
import { toHuggingFaceConfig } from '../config/to-hugging-face-config.ts';
import { initialParameters, parameterStart } from './initial-parameters.ts';
import { parameterShapes } from './registry.ts';
import { EVERY_FAMILY, tinyFamily, tinyFamilyFields } from './testing/index.ts';

const rng = createRng('start');
const deviationOf = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('an untrained model', () => {
  it.each(EVERY_FAMILY)('of %s has norms that change nothing, and biases of 0', (modelType) => {
    const config = tinyFamily(modelType);
    // Gemma's norms multiply by 1 + w, and transformers starts their weights at 0.
    const gain = modelType.startsWith('gemma') ? 0 : 1;
    for (const [name, values] of initialParameters(config, rng)) {
      if (name.endsWith('norm.weight')) expect(new Set(values), name).toEqual(new Set([gain]));
      if (name.endsWith('.bias')) expect(new Set(values), name).toEqual(new Set([0]));
    }
  });

  it.each([
    [undefined, 0.02],
    [null, 0.02],
    [0, 0.02],
    [0.5, 0.5],
  ])('whose config.json says the range %s has matrices of the deviation %s', (range, deviation) => {
    const fields = { ...tinyFamilyFields('llama'), vocab_size: 4000, initializer_range: range };
    const config = parseDecoderConfig(fields);
    const embedding = initialParameters(config, rng).get('model.embed_tokens.weight') as Float32Array;
    expect(Math.abs(deviationOf(embedding) / deviation - 1)).toBeLessThan(0.02);
    expect(parseDecoderConfig(toHuggingFaceConfig(config, 'float32'))).toEqual(config);
  });

  it('is the same whether it is drawn at once or one tensor at a time', () => {
    const config = tinyFamily('gemma2');
    const start = parameterStart(config, rng);
    for (const [name, values] of initialParameters(config, rng)) expect(start(name)).toEqual(values);
    expect(initialParameters(config, rng).size).toBe(parameterShapes(config).size);
  });
});
