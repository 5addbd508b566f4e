import { z } from 'zod';
import { jsonNumber } from '../../json-numbers.ts';

/** A digest, or a model's name. */
const output = z.string().min(1);
/** How many of something there are. */
const count = z.int().min(0);
/** An object of a value of one schema for every name. */
function named<const N extends string, S extends z.ZodType>(
  names: readonly N[],
  schema: S,
): z.ZodObject<Record<N, S>> {
  return z.object(Object.fromEntries(names.map((name) => [name, schema])) as Record<N, S>);
}

/** Outputs that a stage leaves always. */
export function outputs<const N extends string = never>(...names: readonly N[]) {
  return named(names, output);
}

/** Outputs that a stage leaves in some runs. */
export function optionalOutputs<const N extends string = never>(...names: readonly N[]) {
  return named(names, output).partial();
}

/** Counts that a stage's result has always. */
export function counts<const N extends string = never>(...names: readonly N[]) {
  return named(names, count);
}

/** Counts that are there only where they say something. */
export function optionalCounts<const N extends string = never>(...names: readonly N[]) {
  return named(names, count).partial();
}

/** Figures that a stage's result has always. */
export function figures<const N extends string = never>(...names: readonly N[]) {
  return named(names, jsonNumber);
}

/** Figures that only some tasks have. */
export function optionalFigures<const N extends string = never>(...names: readonly N[]) {
  return named(names, jsonNumber).partial();
}

/** Figures whose names have a number in them. */
export function figuresNamed(pattern: RegExp) {
  return z.record(z.string().regex(pattern, 'unknown name'), jsonNumber);
}
