import { createGraph, type Value } from '@sipf/graph';
import type { ParameterSource } from '@sipf/models';
import { expect, it } from 'vitest';
import { RECIPE_POLICY } from '../testing/random-model.ts';
import { adapterInputs } from './adapter-inputs.ts';

const EMBEDDING = 'model.embed_tokens.weight';

/** A base whose weights are codes, under adapters that replace the embeddings. */
function underAdapters(tieWordEmbeddings: boolean) {
  const graph = createGraph('adapted');
  const x = graph.input('x', 'float32', ['M', RECIPE_POLICY.hiddenSize]);
  const base: ParameterSource = {
    parameter: (name): Value => graph.input(name, 'float32', []),
    product: (): Value => x,
    rows: (): Value => x,
  };
  const config = { ...RECIPE_POLICY, tieWordEmbeddings };
  return { source: adapterInputs(graph, base, { config, savedTensors: [EMBEDDING] }), x };
}

it('feeds embeddings that adapters replace to the head of a tied model too, whatever form the base has', () => {
  const { source, x } = underAdapters(true);
  expect(source.rows?.(EMBEDDING, x)).toBeUndefined();
  expect(source.product?.('lm_head', x)).toBeUndefined();
  expect(source.product?.('model.layers.0.mlp.up_proj', x)).toBe(x);
});

it('leaves a head of its own to the base', () => {
  const { source, x } = underAdapters(false);
  expect(source.rows?.(EMBEDDING, x)).toBeUndefined();
  expect(source.product?.('lm_head', x)).toBe(x);
});
