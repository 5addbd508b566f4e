import {
  BOUNDS,
  decayNamed,
  precisionNamed,
  promptSharingNamed,
  quantisationNamed,
  toOptimisation,
  training,
  verifierHeadNamed,
} from '@sipf/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import { inBound, nameIn, namesOf } from './fields.ts';

/** What `sipf train --objective` can be. */
export const OBJECTIVES = ['supervised', 'orpo', 'dpo', 'rpo', 'process-reward', 'outcome-reward'] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** Flags of a training job, beside its model and data. */
export const trainingShape = {
  objective: z.enum(OBJECTIVES, `must be one of ${OBJECTIVES.join(', ')}`),
  learningRate: inBound(BOUNDS.learningRate),
  batchSize: inBound(BOUNDS.batchSize),
  accumulation: inBound(BOUNDS.accumulation),
  epochs: inBound(BOUNDS.epochs),
  maxSteps: inBound(BOUNDS.maxSteps).optional(),
  warmupRatio: inBound(BOUNDS.warmupRatio),
  schedule: z.enum(['constant', 'linear', 'cosine'], 'must be constant, linear or cosine'),
  weightDecay: inBound(BOUNDS.weightDecay),
  decay: nameIn(decayNamed),
  maxGradNorm: inBound(BOUNDS.maxGradNorm),
  maxSequenceTokens: inBound(BOUNDS.maxSequenceTokens),
  longerRows: z.enum(['error', 'drop'], 'must be error or drop'),
  beta1: inBound(BOUNDS.beta1),
  beta2: inBound(BOUNDS.beta2),
  epsilon: inBound(BOUNDS.epsilon),
  recomputeLayers: z.boolean().default(false),
  recomputeActivations: z.boolean().default(false),
  vocabularyPiece: inBound(BOUNDS.vocabularyPiece).optional(),
  precision: nameIn(precisionNamed),
  promptSharing: nameIn(promptSharingNamed),
  groupByLength: z.boolean().default(false),
  seed: inBound(BOUNDS.seed),
  chatDay: z.iso.date('must be a day as YYYY-MM-DD').default('2024-07-26'),
  lambda: inBound(BOUNDS.lambda),
  beta: inBound(BOUNDS.beta),
  nllWeight: inBound(BOUNDS.nllWeight),
  nll: z.enum(['completion', 'sequence'], 'must be completion or sequence'),
  head: z.enum(['hidden', 'hidden-confidence'], 'must be hidden or hidden-confidence'),
  headOnly: z.boolean().default(false),
  labels: z.enum(['hard', 'soft'], 'must be hard or soft'),
  promptTemplate: z.string().default(''),
  headQuantisation: nameIn(quantisationNamed),
  loraRank: inBound(BOUNDS.loraRank).optional(),
  loraAlpha: inBound(BOUNDS.loraAlpha).optional(),
  loraDropout: inBound(BOUNDS.loraDropout),
  loraTargetModules: z.array(z.string()).default([]),
  loraModulesToSave: z.array(z.string()).default([]),
  loraQuantisation: nameIn(quantisationNamed),
} as const;
export type TrainingFlags = z.infer<z.ZodObject<typeof trainingShape>>;

export function addTrainingOptions(command: Command): Command {
  return command
    .requiredOption('--objective <name>', OBJECTIVES.join(', '))
    .option('--learning-rate <number>', 'peak of the schedule', '5e-5')
    .option('--batch-size <count>', 'rows (pairs) of one update', '16')
    .option('--accumulation <count>', "parts in which an update's rows are computed", '1')
    .option('--epochs <number>', 'passes over the data', '1')
    .option('--max-steps <count>', 'updates, instead of --epochs')
    .option('--warmup-ratio <share>', 'share of the steps over which the rate rises', '0.1')
    .option('--schedule <name>', 'constant, linear or cosine', 'linear')
    .option('--weight-decay <number>', "AdamW's", '0')
    .option('--decay <what>', 'what weight decay shrinks: matrices (no norms, no biases) or all', 'matrices')
    .option('--max-grad-norm <number>', 'global gradient norm to clip at; 0 does not clip', '0.3')
    .option('--max-sequence-tokens <count>', 'longest row; none is ever cut', '512')
    .option('--longer-rows <what>', 'error, or drop: leave them out and count them', 'error')
    .option('--beta1 <share>', "AdamW's decay of the gradient's mean", '0.9')
    .option('--beta2 <share>', "AdamW's decay of its square's", '0.999')
    .option('--epsilon <number>', "AdamW's, added to the root of the latter", '1e-8')
    .option('--recompute-layers', 'less memory for about a third more time')
    .option('--recompute-activations', 'somewhat less memory for a few hundredths more time')
    .option('--vocabulary-piece <count>', 'vocabulary entries whose logits are there at a time')
    .option('--precision <name>', `what is computed in: ${namesOf(precisionNamed)}`, 'float32')
    .option('--prompt-sharing <when>', "compute a pair's prompt once: auto, always, never", 'auto')
    .option('--group-by-length', 'batches of rows of like length')
    .option('--seed <number>', 'order of the data and new weights', '1')
    .option('--chat-day <date>', 'the day that chat templates are told which ask for one', '2024-07-26')
    .option('--lambda <number>', 'orpo: weight of the odds-ratio term', '0.1')
    .option('--beta <number>', 'dpo, rpo: strength of the reference', '0.1')
    .option('--nll-weight <number>', 'rpo: weight of the likelihood term', '1')
    .option('--nll <what>', 'orpo: likelihood of the completion or of the whole sequence', 'completion')
    .option('--head <name>', 'reward models: hidden or hidden-confidence', 'hidden')
    .option('--head-only', 'reward models: train the head and leave the decoder as it is')
    .option('--labels <kind>', 'reward models: hard or soft', 'hard')
    .option('--prompt-template <text>', 'reward models: the text before the first step, with {question}')
    .option(
      '--head-quantisation <kind>',
      `with --head-only, how the decoder is kept: ${namesOf(quantisationNamed)}`,
      'none',
    )
    .option('--lora-rank <count>', 'train a LoRA adapter of this rank instead of all parameters')
    .option('--lora-alpha <number>', 'default: twice the rank')
    .option('--lora-dropout <share>', 'dropout before the adapter', '0')
    .option('--lora-target-modules <name...>', 'e.g. q_proj v_proj; default: every linear layer but the head')
    .option('--lora-modules-to-save <name...>', 'trained whole beside the adapter: embed_tokens, lm_head')
    .option('--lora-quantisation <kind>', `the frozen base: ${namesOf(quantisationNamed)}`, 'none');
}

/** The job of these flags, without its model and data. */
export function jobSettings(
  flags: TrainingFlags,
): Pick<training.JobSpec, 'objective' | 'optimisation' | 'lora' | 'seed' | 'chatDay'> {
  const { loraRank: rank, loraAlpha, loraDropout: dropout, loraTargetModules: targetModules } = flags;
  const lora =
    rank === undefined
      ? undefined
      : {
          rank,
          alpha: loraAlpha ?? 2 * rank,
          dropout,
          targetModules,
          modulesToSave: flags.loraModulesToSave,
          quantisation: quantisationNamed[flags.loraQuantisation],
        };
  return {
    objective: objectiveOf(flags),
    optimisation: toOptimisation({
      ...flags,
      maxSteps: flags.maxSteps,
      vocabularyPiece: flags.vocabularyPiece,
    }),
    lora,
    seed: BigInt(flags.seed),
    chatDay: flags.chatDay,
  };
}

function objectiveOf(flags: TrainingFlags): NonNullable<training.JobSpec['objective']> {
  const { objective, lambda, beta, nllWeight, nll, head, headOnly, labels, promptTemplate } = flags;
  const { ORPO, DPO, RPO } = training.PreferenceLoss;
  const preference = { lambda, beta, nllWeight, wholeSequenceNll: nll === 'sequence' };
  const reward = {
    head: verifierHeadNamed[head],
    softLabels: labels === 'soft',
    promptTemplate,
    headOnly,
    quantisation: quantisationNamed[flags.headQuantisation],
  };
  switch (objective) {
    case 'supervised':
      return { $case: 'supervised', value: {} };
    case 'orpo':
      return { $case: 'preference', value: { ...preference, loss: ORPO } };
    case 'dpo':
      return { $case: 'preference', value: { ...preference, loss: DPO } };
    case 'rpo':
      return { $case: 'preference', value: { ...preference, loss: RPO } };
    case 'process-reward':
      return { $case: 'rewardModel', value: { ...reward, outcomeOnly: false } };
    case 'outcome-reward':
      return { $case: 'rewardModel', value: { ...reward, outcomeOnly: true } };
  }
}
