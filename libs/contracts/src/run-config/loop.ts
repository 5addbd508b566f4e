import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { RELATIONS } from '../relations.ts';
import { bounded, path, related } from '../settings/fields.ts';
import { preferenceShape, rewardShape } from '../settings/objective.ts';
import { optimisationOnPaths } from '../settings/optimisation.ts';
import { rolloutShape, samplingShape } from '../settings/sampling.ts';

const quota = z
  .strictObject({
    positives: bounded(BOUNDS.quota).describe('right paths'),
    negatives: bounded(BOUNDS.quota).describe('wrong paths'),
  })
  .describe('largest numbers of paths kept per question; all of them by default');

/** Verifiers that a run compares with its own. */
const MOST_COMPARED = 8;

const aggregation = z
  .enum(['mean', 'min', 'product', 'last'])
  .describe("how step scores become a path's reward (Eq. 5)");

/** Own paths (Eq. 1). */
export const sampling = z
  .strictObject({
    ...samplingShape,
    pathsPerQuestion: bounded(BOUNDS.samples).default(8).describe('paths drawn per question in iteration 1'),
    quota: quota.optional(),
    // METHOD.md, Eq. 1.
    divisor: z
      .union([z.literal(1), z.literal(2), z.literal(4)])
      .default(2)
      .describe("each later iteration draws and keeps the one before's numbers divided by this"),
    curriculum: z
      .array(z.strictObject({ pathsPerQuestion: bounded(BOUNDS.samples), quota: quota.optional() }))
      .min(1)
      .optional()
      .describe(
        'what iterations 1, 2, ... draw and keep instead, the last entry for all that follow; none in the paper',
      ),
    duplicateThreshold: bounded(BOUNDS.duplicateThreshold)
      .optional()
      .describe(
        'code: a program is dropped whose edit distance to a kept one, as a share, is under this; by default 0.1',
      ),
  })
  .describe('own paths (Eq. 1); the temperature is by default 1 for math and 0.7 for code');

/** Labels of their steps (Eq. 2). */
export const simulation = z
  .strictObject({
    ...samplingShape,
    questions: bounded(BOUNDS.problems).describe('questions whose paths are labelled'),
    pathsPerQuestion: bounded(BOUNDS.pathsPerQuestion).default(8).describe('paths labelled per question'),
    ...rolloutShape,
  })
  .refine(...related(RELATIONS.tau))
  .describe('step labels by roll-outs (Eq. 2)');

const verifierBase = z
  .union([z.enum(['simulator', 'policy']), z.strictObject({ model: path })])
  .default('simulator')
  .describe('the model under the head: the simulator, the policy, or any model: a Hugging Face folder');
const verifierKind = z
  .enum(['process', 'outcome'])
  .default('process')
  .describe('scores of steps, or of whole paths');

/** Rows of the paper's table 3. */
export const comparedVerifiers = z
  .array(z.strictObject({ base: verifierBase, kind: verifierKind }))
  .min(1)
  .max(MOST_COMPARED)
  .describe(
    "other verifiers, trained and asked on iteration 1's paths as verifier says otherwise, to compare their steps' " +
      'accuracy (table 3); nothing else depends on them',
  );

/** The reward model (Eqs. 3-4). */
export const verifier = z
  .strictObject({
    base: verifierBase,
    head: rewardShape.head,
    trainable: z
      .enum(['full', 'lora', 'head'])
      .default('full')
      .describe("every parameter, the policy's LoRA settings on the base, or the head alone"),
    quantisation: rewardShape.quantisation,
    kind: verifierKind,
    labels: rewardShape.labels,
    refresh: z
      .enum(['once', 'every-iteration'])
      .default('once')
      .describe('trained in iteration 1 and kept, or anew in each iteration'),
    denoising: z
      .strictObject({
        afterFirstError: z.boolean().default(false).describe('every step after a wrong one is wrong'),
        minAgreement: bounded(BOUNDS.minAgreement)
          .default(0)
          .describe('steps of whose roll-outs a smaller share agrees get no label; 0 keeps all'),
      })
      .prefault({})
      .describe('what is done to noisy labels before they are learnt from; nothing in the paper'),
    optimisation: optimisationOnPaths,
  })
  .refine((value) => value.quantisation === 'none' || value.trainable === 'head', {
    path: ['quantisation'],
    message: 'is for trainable: head; an adapter has policy.lora.quantisation',
  })
  .describe('the reward model (Eqs. 3-4)');

/** Own paths that pRFT learns from. */
export const filter = z
  .strictObject({
    minReward: bounded(BOUNDS.minReward).default(0.8).describe('paths of at least this reward'),
    aggregation: aggregation.default('mean'),
  })
  .prefault({})
  .describe('own paths that pRFT learns from');

/** Preference pairs (Eq. 6). */
export const pairs = z
  .strictObject({
    pairing: z
      .enum(['outcome-and-reward', 'reward', 'outcome'])
      .default('outcome-and-reward')
      .describe(
        'what makes a path preferred: right over wrong and by reward, by reward alone, by outcome alone',
      ),
    aggregation: aggregation.default('mean'),
    margin: bounded(BOUNDS.margin).default(0.3).describe('the difference in reward must be over this'),
    maxPairsPerPath: bounded(BOUNDS.pairs).default(2).describe('pairs that one path may be in'),
    maxPairsPerQuestion: bounded(BOUNDS.pairs).default(3).describe('pairs that one question may give'),
    level: z
      .enum(['path', 'step'])
      .default('path')
      .describe('pairs of whole paths, or of the steps at which two paths part, after what they share'),
    weights: z
      .enum(['none', 'reward'])
      .default('none')
      .describe('reward: a pair counts by its difference in reward, one on average'),
  })
  .describe('preference pairs (Eq. 6)');

const start = z.enum(['previous', 'sft', 'base']).describe('the model that the training starts from');

/** M_k (Eqs. 7-8). */
export const alignment = z
  .strictObject({
    ...preferenceShape,
    initialise: start.default('previous'),
    optimisation: optimisationOnPaths,
  })
  .describe('the alignment on the pairs (Eqs. 7-8)');

/** Fine-tuning on own paths: RFT, pRFT, STaR. */
export const tuning = z
  .strictObject({
    initialise: start.optional(),
    optimisation: optimisationOnPaths
      .optional()
      .describe('that of sft by default, without own paths that are too long'),
  })
  .prefault({})
  .describe('fine-tuning on own paths: RFT, pRFT, STaR; starts from the base by default');
