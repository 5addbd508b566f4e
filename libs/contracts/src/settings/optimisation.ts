import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { RELATIONS } from '../relations.ts';
import { decayNamed, precisionNamed, promptSharingNamed, scheduleNamed } from '../training-names.ts';
import { bounded, related, wordIn } from './fields.ts';

/** What a training may keep less of for its backward pass; none of it changes what is learnt. */
const memoryShape = {
  recomputeLayers: z
    .boolean()
    .default(false)
    .describe('less memory for about a third more time: layers are computed again in the backward pass'),
  recomputeActivations: z
    .boolean()
    .default(false)
    .describe(
      'somewhat less memory for a few hundredths more time: attention weights and activations are computed again',
    ),
  vocabularyPiece: bounded(BOUNDS.vocabularyPiece)
    .optional()
    .describe(
      'vocabulary entries whose logits are there at a time; by default 16,384 above 65,536 entries, else all of them',
    ),
} as const;

const LONGER_ROWS =
  'rows that are longer, or longer than the model takes; drop: leave them out and count them';

/**
 * The settings of one training, AdamW with warm-up, decay and global-norm clipping: what YAML files, flags and requests may
 * say of it.
 */
export const optimisationShape = {
  learningRate: bounded(BOUNDS.learningRate).describe('peak of the schedule'),
  batchSize: bounded(BOUNDS.batchSize).default(16).describe('rows (pairs) of one update'),
  accumulation: bounded(BOUNDS.accumulation)
    .default(1)
    .describe("parts in which an update's rows are computed"),
  epochs: bounded(BOUNDS.epochs).default(1).describe('passes over the data'),
  maxSteps: bounded(BOUNDS.maxSteps).optional().describe('updates, instead of epochs'),
  // The paper's.
  warmupRatio: bounded(BOUNDS.warmupRatio)
    .default(0.1)
    .describe('share of the steps over which the rate rises'),
  schedule: wordIn(scheduleNamed).default('linear').describe('how the rate moves after that'),
  weightDecay: bounded(BOUNDS.weightDecay).default(0).describe("AdamW's"),
  // As transformers' Trainer.
  decay: wordIn(decayNamed)
    .default('matrices')
    .describe('what weight decay shrinks; matrices: all but norms and biases'),
  // The paper's.
  maxGradNorm: bounded(BOUNDS.maxGradNorm)
    .default(0.3)
    .describe('global gradient norm to clip at; 0 does not clip'),
  beta1: bounded(BOUNDS.beta1).default(0.9).describe("AdamW's decay of the gradient's mean"),
  beta2: bounded(BOUNDS.beta2).default(0.999).describe("AdamW's decay of its square's"),
  epsilon: bounded(BOUNDS.epsilon).default(1e-8).describe("AdamW's, added to the root of the latter"),
  maxSequenceTokens: bounded(BOUNDS.maxSequenceTokens)
    .default(512)
    .describe('longest row in tokens; none is ever cut'),
  longerRows: z.enum(['error', 'drop']).default('error').describe(LONGER_ROWS),
  ...memoryShape,
  precision: wordIn(precisionNamed)
    .default('float32')
    .describe('what is computed in; devices refuse what they have no products for'),
  promptSharing: wordIn(promptSharingNamed)
    .default('auto')
    .describe(
      "compute a pair's prompt once for both completions; auto: where it takes fewer multiplications",
    ),
  groupByLength: z.boolean().default(false).describe('batches of rows of like length'),
} as const;

/** @param longerRows what is done with them by default */
const optimisationBy = (longerRows: 'error' | 'drop') =>
  z
    .strictObject({
      ...optimisationShape,
      longerRows: optimisationShape.longerRows.unwrap().default(longerRows).describe(LONGER_ROWS),
    })
    .refine(...related(RELATIONS.accumulation))
    .describe('the training: AdamW with warm-up, decay and clipping of the gradient');

/** A training on rows that are there before the run: one that is too long is an error, unless the settings say otherwise. */
export const optimisation = optimisationBy('error');

/** A training on paths that the run samples: of these, what is too long for it is left out, unless the settings say otherwise. */
export const optimisationOnPaths = optimisationBy('drop');

/** The settings of a training with every default filled in. */
export type OptimisationConfig = z.infer<typeof optimisation>;

const memory = z.object(memoryShape);

/** Those of a training's settings that say what is kept in memory. */
export type MemorySettings = z.infer<typeof memory>;

export function memoryOf(settings: MemorySettings): MemorySettings {
  return memory.parse(settings);
}
