import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { bounded } from './fields.ts';

/** The shape of a Llama trained from scratch, by Hugging Face's names. */
export const initialModel = z
  .strictObject({
    hiddenSize: bounded(BOUNDS.hiddenSize),
    intermediateSize: bounded(BOUNDS.intermediateSize),
    numHiddenLayers: bounded(BOUNDS.numHiddenLayers),
    numAttentionHeads: bounded(BOUNDS.numAttentionHeads),
    numKeyValueHeads: bounded(BOUNDS.numAttentionHeads),
    maxPositionEmbeddings: bounded(BOUNDS.maxPositionEmbeddings).default(512),
    tieWordEmbeddings: z.boolean().default(true),
    ropeTheta: bounded(BOUNDS.ropeTheta).default(10_000),
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
