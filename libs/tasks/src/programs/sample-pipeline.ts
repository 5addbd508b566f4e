import type { Rng } from '@sipf/random';
import { operations, reductions } from './operations.ts';
import type { Pipeline } from './pipeline.ts';

/** How problems of a family are drawn. */
export interface PipelineFamily {
  /** Fewest and most operations on the list. */
  readonly operations: readonly [fewest: number, most: number];
  /** Probability of a condition on the result. */
  readonly tailProbability: number;
}

/** The bundled task's own. */
export const standardPipelines: PipelineFamily = { operations: [1, 3], tailProbability: 0.4 };

/** Out of domain: more operations than any program to train on has, everything else alike. */
export const harderPipelines: PipelineFamily = { ...standardPipelines, operations: [4, 5] };

/** Draws a problem: operations, their numbers from 2 to 9, and how it ends. */
export function samplePipeline(rng: Rng, family: PipelineFamily): Pipeline {
  const [fewest, most] = family.operations;
  const length = fewest + rng.integer(most - fewest + 1);
  const stages = Array.from({ length }, () => {
    const operation = rng.pick(operations);
    return { operation, k: operation.takesNumber ? 2 + rng.integer(8) : 0 };
  });
  const pipeline = { stages, reduction: rng.pick(reductions) };
  if (rng.uniform() >= family.tailProbability) return pipeline;
  return { ...pipeline, tail: { over: 10 + rng.integer(40), by: 2 + rng.integer(8) } };
}

/** A list to test with: 5 to 8 numbers from 0 to 20. */
export function sampleList(rng: Rng): number[] {
  return Array.from({ length: 5 + rng.integer(4) }, () => rng.integer(21));
}
