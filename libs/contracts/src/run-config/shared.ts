import { z } from 'zod';
import { precisionNamed, promptSharingNamed, quantisationNamed } from '../training-names.ts';

/** A path as the orchestrator sees it; relative ones are resolved against the configuration file by the command line. */
export const path = z.string().min(1);
export const positiveInteger = z.int().min(1);
export const fraction = z.number().min(0).max(1);
/** How frozen linear weights are kept. */
export const quantisation = nameIn(quantisationNamed).default('none');

/** AdamW with warm-up, decay and global-norm clipping: one training stage. */
export const optimisation = z.strictObject({
  learningRate: z.number().positive().max(10),
  /** Rows of one update; pairs, for a preference stage. */
  batchSize: positiveInteger.default(16),
  /** One update's rows are computed in this many parts. @default 1 */
  accumulation: positiveInteger.default(1),
  /** Passes over the data; ignored where maxSteps is given. @default 1 */
  epochs: z.number().positive().default(1),
  maxSteps: positiveInteger.optional(),
  /** Share of the steps over which the learning rate rises. @default 0.1, the paper's */
  warmupRatio: fraction.default(0.1),
  schedule: z.enum(['constant', 'linear', 'cosine']).default('linear'),
  weightDecay: z.number().min(0).max(10).default(0),
  /** Largest global gradient norm, 0 for none. @default 0.3, the paper's */
  maxGradNorm: z.number().min(0).default(0.3),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  /** Longest sequence in tokens; no row is ever cut. @default 512 */
  maxSequenceTokens: positiveInteger.default(512),
  /** Whether rows that are longer, or longer than the model takes, are an error or left out and counted. @default error */
  longerRows: z.enum(['error', 'drop']).default('error'),
  /** Less memory for about a third more time: layers are computed again in the backward pass. @default false */
  recomputeLayers: z.boolean().default(false),
  /** Less memory for a few hundredths more time: attention weights and activations are computed again. @default false */
  recomputeActivations: z.boolean().default(false),
  /** Vocabulary entries whose logits are there at a time. @default 16,384 above 65,536 entries, else all of them */
  vocabularyPiece: positiveInteger.optional(),
  /** What is computed in; devices refuse what they have no products for. @default float32 */
  precision: nameIn(precisionNamed).default('float32'),
  /** Whether a pair's prompt is computed once for both completions. @default auto, where it takes fewer multiplications */
  promptSharing: nameIn(promptSharingNamed).default('auto'),
  /** Batches of rows of like length. @default false */
  groupByLength: z.boolean().default(false),
});

/** The shape of a Llama trained from scratch, by Hugging Face's names. */
export const initialModel = z.strictObject({
  hiddenSize: positiveInteger,
  intermediateSize: positiveInteger,
  numHiddenLayers: positiveInteger,
  numAttentionHeads: positiveInteger,
  numKeyValueHeads: positiveInteger,
  maxPositionEmbeddings: positiveInteger.default(512),
  tieWordEmbeddings: z.boolean().default(true),
  ropeTheta: z.number().positive().default(10_000),
});

/** LoRA instead of training every parameter. */
export const lora = z.strictObject({
  rank: positiveInteger,
  alpha: z.number().positive(),
  dropout: z.number().min(0).max(0.95).default(0),
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
  temperature: z.number().positive().max(100).optional(),
  /** 0 keeps every token. @default 0 */
  topK: z.int().min(0).default(0),
  topP: z.number().positive().max(1).default(1),
  /** Drops tokens less probable than this share of the most probable one. @default 0 */
  minP: fraction.default(0),
  /** Over 1 makes tokens less likely that prompt or path already hold; 1 leaves them alone. @default 1 */
  repetitionPenalty: z.number().positive().max(10).default(1),
  maxNewTokens: positiveInteger.max(65_536),
};

function nameIn<const Names extends Readonly<Record<string, number>>>(
  table: Names,
): z.ZodType<keyof Names & string> {
  return z.enum(Object.keys(table) as [keyof Names & string]);
}
