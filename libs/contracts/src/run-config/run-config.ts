import { recipeNamed, recipes } from '@sipf/method';
import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { bounded, day } from '../settings/fields.ts';
import { optimisation } from '../settings/optimisation.ts';
import { engines } from './engines.ts';
import { evaluation } from './evaluation.ts';
import {
  alignment,
  comparedVerifiers,
  filter,
  pairs,
  sampling,
  simulation,
  tuning,
  verifier,
} from './loop.ts';
import { policy, simulator } from './model-origin.ts';
import { task } from './task.ts';

/** T of Eqs. 1-2: math 1.0, code 0.7. */
const temperatures: Readonly<Record<z.infer<typeof task>['name'], number>> = {
  arithmetic: 1,
  gsm8k: 1,
  mbpp: 0.7,
  programs: 0.7,
};

/** Seeds of a run and of whatever else is drawn. */
export const seed = bounded(BOUNDS.seed).default(1);

/** The day of chat templates; never the clock's, so that a run repeats. */
export const chatDay = day
  // That of Llama 3.
  .default('2024-07-26')
  .describe('the day that chat templates get that ask for one');

const limits = z
  .strictObject({
    concurrentStages: bounded(BOUNDS.concurrency)
      .default(2)
      .describe("stages at work at the same time, where they do not need each other's results"),
    concurrentCalls: bounded(BOUNDS.concurrency)
      .default(4)
      .describe('calls under way in one stage, for each replica of the service that it asks'),
    itemsPerCall: bounded(BOUNDS.itemsPerCall).default(64).describe('questions or paths in one call'),
    callTimeoutMs: bounded(BOUNDS.timeoutMs)
      .default(1_800_000)
      .describe('longest wait for one call, in milliseconds'),
  })
  .prefault({})
  .describe('how much is done at the same time; no result depends on it');

const settings = z.strictObject({
  seed: seed.describe('the same seed gives the same run'),
  chatDay,
  method: z
    .enum([...recipes.keys()])
    .default('sipf')
    .describe("a row of the method's table, by its recipe's name"),
  iterations: bounded(BOUNDS.iterations)
    .optional()
    .describe("K of Algorithm 1, at most as many as the method has; the method's own by default"),
  task,
  policy,
  sft: optimisation.optional().describe('supervised fine-tuning on D_0'),
  continuedSftEpochs: bounded(BOUNDS.epochs)
    .optional()
    .describe(
      "extra row: M_0 trained on D_0 for this many epochs more, to separate the method's gain from longer " +
        'training; method sft-continued trains for as many, or once more for as many as sft where they are not given',
    ),
  tuning,
  filter,
  sampling,
  simulator: simulator.optional(),
  simulation: simulation.optional(),
  verifier: verifier.optional(),
  comparedVerifiers: comparedVerifiers.optional(),
  pairs: pairs.optional(),
  alignment: alignment.optional(),
  evaluation,
  limits,
  engines: engines.optional(),
});

/** One run of the method, completely: with the commit, all that its results depend on. */
export const runConfig = settings.transform(({ sampling: own, simulation: labels, iterations, ...rest }) => {
  const usual = temperatures[rest.task.name];
  const { defaultIterations, maxIterations } = recipeNamed(rest.method);
  return {
    ...rest,
    iterations: Math.min(iterations ?? defaultIterations, maxIterations),
    sampling: { ...own, temperature: own.temperature ?? usual },
    ...(labels === undefined ? {} : { simulation: { ...labels, temperature: labels.temperature ?? usual } }),
  };
});

/** A run's settings with every default filled in. */
export type RunConfig = z.infer<typeof runConfig>;
