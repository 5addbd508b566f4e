import { recipeNamed, recipes } from '@sipf/method';
import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { evaluation } from './evaluation.ts';
import {
  bounded,
  initialModel,
  lora,
  optimisation,
  optimisationOnPaths,
  path,
  quantisation,
  sampling,
  chatDay,
} from './shared.ts';

const task = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('arithmetic'),
    /** Solved problems for SFT, D_0. */
    trainProblems: bounded(BOUNDS.problems).default(900),
    /** Questions of the loop, with answers only. */
    loopQuestions: bounded(BOUNDS.problems).default(1500),
    testQuestions: bounded(BOUNDS.problems).default(1000),
    /** Solved problems for the simulator. */
    simulatorProblems: bounded(BOUNDS.problems).default(4000),
  }),
  z.strictObject({
    name: z.literal('programs'),
    /** Solved problems for SFT, D_0. */
    trainProblems: bounded(BOUNDS.problems).default(400),
    /** Questions of the loop, with tests only. */
    loopQuestions: bounded(BOUNDS.problems).default(400),
    testQuestions: bounded(BOUNDS.problems).default(300),
    /** Solved problems for the simulator. */
    simulatorProblems: bounded(BOUNDS.problems).default(2000),
  }),
  z.strictObject({
    name: z.literal('mbpp'),
    /** mbpp.jsonl, whose ids say what is for training (601-974) and what for the test (11-510). */
    data: path,
    /** Bounds in prompts, six a problem; all of them where absent. */
    trainProblems: bounded(BOUNDS.problems).optional(),
    loopQuestions: bounded(BOUNDS.problems).optional(),
    testQuestions: bounded(BOUNDS.problems).optional(),
  }),
  z.strictObject({
    name: z.literal('gsm8k'),
    train: path,
    test: path,
    /** Bounds, for a trial on part of the data; all of it where absent. */
    trainProblems: bounded(BOUNDS.problems).optional(),
    loopQuestions: bounded(BOUNDS.problems).optional(),
    testQuestions: bounded(BOUNDS.problems).optional(),
    /** Exemplars of the few-shot CoT row, Wei et al.'s format. */
    exemplars: path.optional(),
  }),
]);

/** Where a model comes from: a Hugging Face folder, or a shape trained from scratch on the task's problems. */
const policy = z
  .strictObject({ model: path.optional(), initial: initialModel.optional(), lora: lora.optional() })
  .refine((value) => (value.model === undefined) !== (value.initial === undefined), {
    message: 'exactly one of model and initial is required',
  });

const simulator = z
  .strictObject({
    /** `model: policy` labels with M_0 itself. */
    model: path.optional(),
    initial: initialModel.optional(),
    optimisation: optimisation.optional(),
  })
  .refine((value) => (value.model === undefined) !== (value.initial === undefined), {
    message: 'exactly one of model and initial is required',
  })
  .refine((value) => value.initial === undefined || value.optimisation !== undefined, {
    path: ['optimisation'],
    message: 'is required for a simulator trained from scratch',
  });

/** T of Eqs. 1-2: math 1.0, code 0.7. */
const temperatures: Readonly<Record<z.infer<typeof task>['name'], number>> = {
  arithmetic: 1,
  gsm8k: 1,
  mbpp: 0.7,
  programs: 0.7,
};

/** Largest numbers of right and of wrong paths of a question. */
const quota = z.strictObject({
  positives: bounded(BOUNDS.quota),
  negatives: bounded(BOUNDS.quota),
});

/** How step scores become a path's reward (Eq. 5). */
const aggregation = z.enum(['mean', 'min', 'product', 'last']);

const settings = z.strictObject({
  seed: bounded(BOUNDS.seed).default(1),
  /** The day that chat templates are told which ask for one; never the clock's. @default 2024-07-26, that of Llama 3 */
  chatDay: chatDay.default('2024-07-26'),
  /** A row of METHOD.md's table, by its recipe's name. */
  method: z.enum([...recipes.keys()]).default('sipf'),
  /** K of Algorithm 1, at most as many as the method has. @default the method's own: 3 for SIPF, 1 for RFT, 4 for STaR */
  iterations: bounded(BOUNDS.iterations).optional(),
  task,
  policy,
  sft: optimisation.optional(),
  /**
   * Extra row: M_0 trained on D_0 for this many epochs more, to tell the method's gain from longer training. Method
   * `sft-continued` trains for as many, or once more for as many as `sft` where they are not given.
   */
  continuedSftEpochs: bounded(BOUNDS.epochs).optional(),
  /** Fine-tuning on own paths: RFT, pRFT, STaR. */
  tuning: z
    .strictObject({
      /** Where it starts. @default base */
      initialise: z.enum(['previous', 'sft', 'base']).optional(),
      /** @default that of `sft`, without own paths that are too long */
      optimisation: optimisationOnPaths.optional(),
    })
    .prefault({}),
  /** Own paths that pRFT learns from. */
  filter: z
    .strictObject({
      /** Paths of at least this reward. @default 0.8 */
      minReward: bounded(BOUNDS.minReward).default(0.8),
      aggregation: aggregation.default('mean'),
    })
    .prefault({}),
  sampling: z.strictObject({
    ...sampling,
    /** Paths drawn per question in iteration 1. @default 8 */
    pathsPerQuestion: bounded(BOUNDS.samples).default(8),
    /** Largest numbers of right and of wrong paths kept per question in iteration 1. @default all */
    quota: quota.optional(),
    /** Each later iteration draws and keeps the one before's numbers divided by this. @default 2 (METHOD.md, Eq. 1) */
    divisor: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(2),
    /** What iterations 1, 2, ... draw and keep instead, the last entry for all that follow. @default none (the paper) */
    curriculum: z
      .array(z.strictObject({ pathsPerQuestion: bounded(BOUNDS.samples), quota: quota.optional() }))
      .min(1)
      .optional(),
    /** Code: a program is dropped whose edit distance to a kept one, as a share, is under this. @default 0.1 (METHOD.md, Eq. 1) */
    duplicateThreshold: bounded(BOUNDS.duplicateThreshold).optional(),
  }),
  simulator: simulator.optional(),
  simulation: z
    .strictObject({
      ...sampling,
      /** Questions whose paths are labelled. */
      questions: bounded(BOUNDS.problems),
      /** Paths labelled per question. */
      pathsPerQuestion: bounded(BOUNDS.pathsPerQuestion).default(8),
      /** N of Eq. 2. @default 8 */
      rollouts: bounded(BOUNDS.samples).default(8),
      /** c_t = 1 when more than tau roll-outs reach the answer. @default 0 */
      tau: bounded(BOUNDS.tau).default(0),
      /** Draw no roll-outs that a hard label does not need: the same hard labels, soft ones from fewer roll-outs. @default false */
      stopWhenDecided: z.boolean().default(false),
    })
    .refine((value) => value.tau < value.rollouts, { path: ['tau'], message: 'must be under rollouts' })
    .optional(),
  verifier: z
    .strictObject({
      /** The model under the head. */
      base: z.enum(['simulator', 'policy']).default('simulator'),
      head: z.enum(['hidden', 'hidden-confidence']).default('hidden'),
      /** What is trained: every parameter, the policy's LoRA settings on the base, or the head alone. @default full */
      trainable: z.enum(['full', 'lora', 'head']).default('full'),
      /** How the base is kept where the head alone is trained; with `lora`, the policy's LoRA settings say it. @default none */
      quantisation,
      kind: z.enum(['process', 'outcome']).default('process'),
      labels: z.enum(['hard', 'soft']).default('hard'),
      /** Trained in iteration 1 and kept, or anew each iteration. @default once */
      refresh: z.enum(['once', 'every-iteration']).default('once'),
      /** What is done to noisy labels before they are learnt from. @default nothing (the paper) */
      denoising: z
        .strictObject({
          /** Every step after a wrong one is wrong. @default false */
          afterFirstError: z.boolean().default(false),
          /** Steps of whose roll-outs a smaller share agrees get no label; 0 keeps all. @default 0 */
          minAgreement: z.union([z.literal(0), z.number().min(0.5).max(1)]).default(0),
        })
        .prefault({}),
      optimisation: optimisationOnPaths,
    })
    .refine((value) => value.quantisation === 'none' || value.trainable === 'head', {
      path: ['quantisation'],
      message: 'is for trainable: head; an adapter has policy.lora.quantisation',
    })
    .optional(),
  pairs: z
    .strictObject({
      pairing: z.enum(['outcome-and-reward', 'reward', 'outcome']).default('outcome-and-reward'),
      aggregation: aggregation.default('mean'),
      /** Eq. 6: the reward difference must be over this. @default 0.3 */
      margin: bounded(BOUNDS.margin).default(0.3),
      maxPairsPerPath: bounded(BOUNDS.pairs).default(2),
      maxPairsPerQuestion: bounded(BOUNDS.pairs).default(3),
      /** Pairs of whole paths, or of the steps at which two paths part, after the prefix that they share. @default path */
      level: z.enum(['path', 'step']).default('path'),
      /** Whether a pair counts by its difference in reward, one on average. @default none */
      weights: z.enum(['none', 'reward']).default('none'),
    })
    .optional(),
  alignment: z
    .strictObject({
      /** Weight of the odds-ratio term. @default 0.1 */
      lambda: bounded(BOUNDS.lambda).default(0.1),
      beta: bounded(BOUNDS.beta).default(0.1),
      nllWeight: bounded(BOUNDS.nllWeight).default(1),
      nll: z.enum(['completion', 'sequence']).default('completion'),
      /** Where M_k starts. @default previous */
      initialise: z.enum(['previous', 'sft', 'base']).default('previous'),
      optimisation: optimisationOnPaths,
    })
    .optional(),
  evaluation,
  limits: z
    .strictObject({
      /** Stages at work at the same time, where they do not need each other's results. @default 2 */
      concurrentStages: bounded(BOUNDS.concurrency).default(2),
      /** Calls under way in one stage. @default 4 */
      concurrentCalls: bounded(BOUNDS.concurrency).default(4),
      /** Questions or paths in one call. @default 64 */
      itemsPerCall: bounded(BOUNDS.itemsPerCall).default(64),
      /** Longest wait for one call, in milliseconds. @default 1800000 */
      callTimeoutMs: bounded(BOUNDS.timeoutMs).default(1_800_000),
    })
    .prefault({}),
});

/** One run of the method, completely: with the commit, all that its results depend on. */
export const runConfig = settings.transform(({ sampling, simulation, iterations, ...rest }) => {
  const usual = temperatures[rest.task.name];
  const { defaultIterations, maxIterations } = recipeNamed(rest.method);
  return {
    ...rest,
    iterations: Math.min(iterations ?? defaultIterations, maxIterations),
    sampling: { ...sampling, temperature: sampling.temperature ?? usual },
    ...(simulation === undefined
      ? {}
      : { simulation: { ...simulation, temperature: simulation.temperature ?? usual } }),
  };
});

/** A run's settings with every default filled in. */
export type RunConfig = z.infer<typeof runConfig>;
export type OptimisationConfig = z.infer<typeof optimisation>;
export type InitialModelConfig = z.infer<typeof initialModel>;
