import { expect, it } from 'vitest';
import {
  sequencesIn,
  servingMemory,
  sumOf,
  trainingMemory,
  weightBytes,
  type TrainingLoad,
} from './memory.ts';
import {
  activationBytes,
  adapterParameters,
  knownShape,
  kvBytesPerToken,
  linearParameters,
  linears,
  type ModelShape,
} from './model-shape.ts';

const GIB = 1024 ** 3;

/** Two layers of width 8: heads of 4, one key head, a feed-forward of 16 with a gate. */
const tiny: ModelShape = {
  ...{ name: 'tiny', parameters: 2000, hiddenSize: 8, intermediateSize: 16, layers: 2, heads: 2 },
  ...{ lmHead: 256, kvHeads: 1, headDim: 4, vocabSize: 32, maxTokens: 64, gated: true },
};

function shapeNamed(name: string): ModelShape {
  const shape = knownShape(name);
  if (shape === undefined) throw new TypeError(`${name} is known`);
  return shape;
}

it('counts what a decoder layer has, by hand', () => {
  // q 8x8, k and v 8x4, o 8x8; gate, up, down 8x16.
  expect(linearParameters(tiny)).toBe(2 * (64 + 32 + 32 + 64 + 3 * 128));
  // q 16, k and v 12 each, o 16, three of 24.
  expect(adapterParameters(tiny, 4)).toBe(2 * 4 * (16 + 12 + 12 + 16 + 72));
  // Keys and values, 2 layers, 1 head of 4, 2 bytes.
  expect(kvBytesPerToken(tiny, 2)).toBe(2 * 2 * 4 * 2);
});

it('counts what the backward pass keeps of a token in a layer, by hand', () => {
  // Norms 4x8, q and k and v 16, rotated 12, attention 8, feed-forward 4x16.
  expect(activationBytes(tiny, 4, 0)).toBe((32 + 16 + 12 + 8 + 64) * 4);
  // And inputs after dropout: 8 x 6 and 16 for down; seven products of rank 2; a byte of mask each.
  expect(activationBytes(tiny, 2, 2)).toBe((132 + 64 + 14) * 2 + 64);
  expect(activationBytes({ ...tiny, gated: false }, 2, 0)).toBe((32 + 16 + 12 + 8 + 32) * 2);
});

it('keeps linear layers in 4 bits with a scale for 64, and all else in 16', () => {
  const linear = linearParameters(tiny);
  expect(weightBytes(tiny, 'nf4', 2).bytes).toBe(linear * (0.5 + 4 / 64) + (2000 - linear) * 2);
  expect(weightBytes(tiny, 'nf4-double', 2).bytes).toBe(
    linear * (0.5 + 1 / 64 + 4 / 16_384) + (2000 - linear) * 2,
  );
  expect(weightBytes(tiny, 'int4', 2)).toMatchObject({ bytes: weightBytes(tiny, 'nf4', 2).bytes });
  expect(weightBytes(tiny, 'none', 4).bytes).toBe(8000);
});

const load: TrainingLoad = {
  ...{
    shape: tiny,
    quantisation: 'none',
    rank: 0,
    rows: 3,
    tokens: 5,
    recomputeLayers: false,
    offload: false,
  },
  ...{ vocabularyPiece: 32, bytes: 4, shards: 1, buckets: false, host: 'own' as const },
};
const partsOf = (changes: Partial<TrainingLoad>) =>
  Object.fromEntries(trainingMemory({ ...load, ...changes }).map(({ what, bytes }) => [what, bytes]));

it('adds a full training up, by hand', () => {
  expect(partsOf({})).toEqual({
    'trained parameters': 2000 * 16,
    activations: 15 * 2 * 132 * 4,
    logits: 15 * 32 * 8,
    'the process': GIB / 4,
  });
});

it('counts the copy of gradients that DDP adds up, 4 bytes of each trained element', () => {
  const buckets = "DDP's buckets of gradients";
  expect(partsOf({ buckets: true })[buckets]).toBe(2000 * 4);
  expect(partsOf({ buckets: true, rank: 4 })[buckets]).toBe(1024 * 4);
  expect(partsOf({})[buckets]).toBeUndefined();
});

it('divides weights and states among shards, and keeps only inputs of layers that are recomputed', () => {
  const parts = partsOf({ rank: 4, bytes: 2, shards: 2, recomputeLayers: true, host: 'others' });
  expect(parts['weights']).toBe(2000);
  expect(parts['trained parameters']).toBe((1024 * 16) / 2);
  expect(parts['activations']).toBe(15 * (2 * 8 * 2 + activationBytes(tiny, 2, 4)));
  expect(partsOf({ offload: true })['activations']).toBe(15 * activationBytes(tiny, 4, 0));
});

it('keeps the logits of as many tokens as the head does: all of ours, at most a tile of TRL’s', () => {
  const logits = (changes: Partial<TrainingLoad>) =>
    partsOf({ vocabularyPiece: 100_000, ...changes })['logits'];
  expect(logits({ tokens: 2000 })).toBe(3 * 2000 * 100_000 * 8);
  const others = { host: 'others', bytes: 2 } as const;
  expect(logits({ ...others, tokens: 1000 })).toBe(3 * 1000 * 32_768 * 2);
  expect(logits({ ...others, tokens: 2000 })).toBe(4096 * 32_768 * 2);
  expect(logits({ ...others, tokens: 9000 })).toBe(4096 * 32_768 * 2);
  expect(logits({ ...others, tokens: 9000, vocabularyPiece: 2 })).toBe(4096 * 2 * 2);
});

it('says how many sequences fit beside the weights', () => {
  const served = {
    shape: tiny,
    precision: { bytes: 2, words: '' },
    rank: 0,
    tokens: 10,
    host: 'others',
  } as const;
  const fixed = sumOf(servingMemory(served)) - 10 * 32;
  expect(sequencesIn(fixed + 320 * 7 + 319, served)).toBe(7);
  expect(sequencesIn(fixed - 1, served)).toBe(0);
});

it.each([
  'gemma-2b',
  'phi-1_5',
  'TinyLlama_v1.1',
  'deepseek-math-7b-rl',
  'deepseek-coder-6.7b-instruct',
  'Llama-2-7b-hf',
])(
  'knows %s: its embeddings and linear layers are its published parameters but for norms and biases',
  (name) => {
    const shape = shapeNamed(`/models/${name}`);
    const embeddings = shape.vocabSize * shape.hiddenSize * (name.startsWith('gemma') ? 1 : 2);
    const rest = shape.parameters - linearParameters(shape) - embeddings;
    expect(rest).toBeGreaterThan(0);
    expect(rest / shape.parameters).toBeLessThan(1e-3);
  },
);

it('knows no other model by its name', () => {
  expect(knownShape('/models/my-2b')).toBeUndefined();
  expect(linears(shapeNamed('phi-1.5'))).toHaveLength(6);
});
