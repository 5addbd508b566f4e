import { createGraph } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { describe, expect, it } from 'vitest';
import { parseDecoderConfig } from '../config/parse-decoder-config.ts';
import { toHuggingFaceConfig } from '../config/to-hugging-face-config.ts';
import { rotaryFrequencies } from './rotary-frequencies.ts';
import { layerRotary } from './rotary.ts';
import { YARN_REFERENCE } from './testing/yarn-reference.ts';

function configOf({ rope, headDim }: (typeof YARN_REFERENCE)[number]) {
  return parseDecoderConfig({
    model_type: 'llama',
    hidden_size: 2 * headDim,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 8,
    vocab_size: 8,
    rope_parameters: rope,
  });
}

describe.each(YARN_REFERENCE)('YaRN with a factor of $rope.factor', (reference) => {
  const config = configOf(reference);

  it('has the frequencies and the attention factor that transformers computes', () => {
    const { inverse, attentionFactor } = rotaryFrequencies(config.rope, reference.headDim);
    reference.inverse.forEach((value, pair) => {
      expect((inverse[pair] ?? NaN) / value).toBeCloseTo(1, 6);
    });
    expect(attentionFactor).toBeCloseTo(reference.attentionFactor, 12);
  });

  it('scales cosines and sines by the attention factor', async () => {
    const graph = createGraph('tables');
    const positionIds = graph.constant('int64', [1, 2], [0, 3]);
    const tables = layerRotary(config, { inputIds: positionIds, positionIds, attentionBias: positionIds })(0);
    if (tables === undefined) throw new TypeError('a layer of a Llama has positions');
    graph.output('cos', tables.cos);
    graph.output('sin', tables.sin);
    const { cos, sin } = await runGraph(graph, {});
    const pairs = reference.headDim / 2;
    const { attentionFactor: factor } = reference;
    expect(cos?.data[0]).toBeCloseTo(factor, 5);
    reference.inverse.forEach((frequency, pair) => {
      expect(cos?.data[pairs + pair]).toBeCloseTo(factor * Math.cos(3 * frequency), 5);
      expect(sin?.data[pairs + pair]).toBeCloseTo(factor * Math.sin(3 * frequency), 5);
    });
  });

  it('is written to config.json and read again', () => {
    expect(parseDecoderConfig(toHuggingFaceConfig(config, 'float32'))).toEqual(config);
  });
});
