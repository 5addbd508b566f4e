import { z } from 'zod';
import { accumulationFits, BOUNDS, describeBound, isWithin, type Bound } from '../bounds.ts';
import { decayNamed, precisionNamed, promptSharingNamed, quantisationNamed } from '../training-names.ts';

/** A path as the orchestrator sees it; relative ones are resolved against the configuration file by the command line. */
export const path = z.string().min(1);

/** A number within its row of the table of bounds. */
export function bounded(bound: Bound): z.ZodNumber {
  return z.number().refine((value) => isWithin(value, bound), {
    error: ({ input }) => `must be ${describeBound(bound)}, is ${String(input)}`,
  });
}

/** A day as YYYY-MM-DD, which chat templates are told that ask for one. */
export const chatDay = z.iso.date('must be a day as YYYY-MM-DD');

/** How frozen linear weights are kept. */
export const quantisation = nameIn(quantisationNamed).default('none');

/** AdamW with warm-up, decay and global-norm clipping: one training stage. @param longerRows what is done with them by default */
const optimisationBy = (longerRows: 'error' | 'drop') =>
  z
    .strictObject({
      learningRate: bounded(BOUNDS.learningRate),
      /** Rows of one update; pairs, for a preference stage. */
      batchSize: bounded(BOUNDS.batchSize).default(16),
      /** One update's rows are computed in this many parts. @default 1 */
      accumulation: bounded(BOUNDS.accumulation).default(1),
      /** Passes over the data; ignored where maxSteps is given. @default 1 */
      epochs: bounded(BOUNDS.epochs).default(1),
      maxSteps: bounded(BOUNDS.maxSteps).optional(),
      /** Share of the steps over which the learning rate rises. @default 0.1, the paper's */
      warmupRatio: bounded(BOUNDS.warmupRatio).default(0.1),
      schedule: z.enum(['constant', 'linear', 'cosine']).default('linear'),
      weightDecay: bounded(BOUNDS.weightDecay).default(0),
      /** What weight decay shrinks: all but norms and biases, or everything. @default matrices, as transformers' Trainer */
      decay: nameIn(decayNamed).default('matrices'),
      /** Largest global gradient norm, 0 for none. @default 0.3, the paper's */
      maxGradNorm: bounded(BOUNDS.maxGradNorm).default(0.3),
      beta1: bounded(BOUNDS.beta1).default(0.9),
      beta2: bounded(BOUNDS.beta2).default(0.999),
      epsilon: bounded(BOUNDS.epsilon).default(1e-8),
      /** Longest sequence in tokens; no row is ever cut. @default 512 */
      maxSequenceTokens: bounded(BOUNDS.maxSequenceTokens).default(512),
      /** Whether rows that are longer, or longer than the model takes, are an error or left out and counted. */
      longerRows: z.enum(['error', 'drop']).default(longerRows),
      /** Less memory for about a third more time: layers are computed again in the backward pass. @default false */
      recomputeLayers: z.boolean().default(false),
      /** Less memory for a few hundredths more time: attention weights and activations are computed again. @default false */
      recomputeActivations: z.boolean().default(false),
      /** Vocabulary entries whose logits are there at a time. @default 16,384 above 65,536 entries, else all of them */
      vocabularyPiece: bounded(BOUNDS.vocabularyPiece).optional(),
      /** What is computed in; devices refuse what they have no products for. @default float32 */
      precision: nameIn(precisionNamed).default('float32'),
      /** Whether a pair's prompt is computed once for both completions. @default auto, where it takes fewer multiplications */
      promptSharing: nameIn(promptSharingNamed).default('auto'),
      /** Batches of rows of like length. @default false */
      groupByLength: z.boolean().default(false),
    })
    .refine(accumulationFits, { path: ['accumulation'], message: 'must be at most batchSize' });

/** A training on rows that are there before the run: one that is too long is an error, unless the settings say otherwise. */
export const optimisation = optimisationBy('error');

/** A training on paths that the run samples: of these, what is too long for it is left out, unless the settings say otherwise. */
export const optimisationOnPaths = optimisationBy('drop');

/** As config.json's `head_dim` is bounded. */
const MAX_HEAD_WIDTH = 1 << 14;

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
  .refine(({ hiddenSize, numAttentionHeads }) => hiddenSize / numAttentionHeads <= MAX_HEAD_WIDTH, {
    path: ['numAttentionHeads'],
    message: `must be so many that a head is at most ${MAX_HEAD_WIDTH} wide`,
  })
  .refine(({ numAttentionHeads, numKeyValueHeads }) => numAttentionHeads % numKeyValueHeads === 0, {
    path: ['numKeyValueHeads'],
    message: 'must divide numAttentionHeads',
  });

/** LoRA instead of training every parameter. */
export const lora = z.strictObject({
  rank: bounded(BOUNDS.loraRank),
  alpha: bounded(BOUNDS.loraAlpha),
  dropout: bounded(BOUNDS.loraDropout).default(0),
  /** Module names, e.g. `q_proj`; empty for every linear layer but the head. */
  targetModules: z.array(z.string().min(1)).default([]),
  /** How the frozen base is kept meanwhile (QLoRA). @default none */
  quantisation,
  /** Modules trained whole beside the adapter and saved with it: `embed_tokens`, `lm_head`. */
  modulesToSave: z.array(z.string().min(1)).default([]),
});

/** How tokens are drawn. */
export const sampling = {
  /** Softmax temperature. @default 1 for math, 0.7 for code (METHOD.md, Eq. 1) */
  temperature: bounded(BOUNDS.temperature).optional(),
  /** 0 keeps every token. @default 0 */
  topK: bounded(BOUNDS.topK).default(0),
  topP: bounded(BOUNDS.topP).default(1),
  /** Drops tokens less probable than this share of the most probable one. @default 0 */
  minP: bounded(BOUNDS.minP).default(0),
  /** Over 1 makes tokens less likely that prompt or path already hold; 1 leaves them alone. @default 1 */
  repetitionPenalty: bounded(BOUNDS.repetitionPenalty).default(1),
  maxNewTokens: bounded(BOUNDS.maxNewTokens),
};

function nameIn<const Names extends Readonly<Record<string, number>>>(
  table: Names,
): z.ZodType<keyof Names & string> {
  return z.enum(Object.keys(table) as [keyof Names & string]);
}
