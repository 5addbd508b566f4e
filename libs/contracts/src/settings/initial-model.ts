import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { bounded } from './fields.ts';

/** The shape of a Llama trained from scratch, by Hugging Face's names. */
export const initialModel = z
  .strictObject({
    hiddenSize: bounded(BOUNDS.hiddenSize).describe("width of a token's hidden state"),
    intermediateSize: bounded(BOUNDS.intermediateSize).describe(
      'width between the products of a feed-forward',
    ),
    numHiddenLayers: bounded(BOUNDS.numHiddenLayers).describe('layers'),
    numAttentionHeads: bounded(BOUNDS.numAttentionHeads).describe('heads of the queries'),
    numKeyValueHeads: bounded(BOUNDS.numAttentionHeads).describe(
      'heads of keys and values, which several heads of the queries share; divides their number',
    ),
    maxPositionEmbeddings: bounded(BOUNDS.maxPositionEmbeddings)
      .default(512)
      .describe('longest sequence in tokens'),
    tieWordEmbeddings: z.boolean().default(true).describe('the LM head is the embedding'),
    ropeTheta: bounded(BOUNDS.ropeTheta).default(10_000).describe('base of the rotary embedding'),
  })
  .refine(({ hiddenSize, numAttentionHeads }) => hiddenSize % (2 * numAttentionHeads) === 0, {
    path: ['hiddenSize'],
    message: 'must be numAttentionHeads times an even number, which rotary embedding turns in pairs',
  })
  .refine(({ hiddenSize, numAttentionHeads }) => hiddenSize / numAttentionHeads <= BOUNDS.headWidth.max, {
    path: ['numAttentionHeads'],
    message: `must be so many that a head is at most ${BOUNDS.headWidth.max} wide`,
  })
  .refine(({ numAttentionHeads, numKeyValueHeads }) => numAttentionHeads % numKeyValueHeads === 0, {
    path: ['numKeyValueHeads'],
    message: 'must divide numAttentionHeads',
  })
  .describe('the shape of a Llama that is trained from scratch');

export type InitialModelConfig = z.infer<typeof initialModel>;
