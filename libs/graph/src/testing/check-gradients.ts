import type { Dim } from '../dimension.ts';
import type { DType } from '../dtype.ts';
import { isFloat } from '../dtype.ts';
import { gradients } from '../gradients/gradients.ts';
import type { Graph, Value } from '../graph.ts';
import { createGraph } from '../graph.ts';
import { mul } from '../operators/elementwise.ts';
import { reduceSum } from '../operators/reduction.ts';
import type { Fetched, GraphRunner } from './run-graph.ts';
import { openGraph } from './run-graph.ts';

/** A point at which a function of tensors is differentiated. */
export interface CheckedInput {
  /** @default 'float32'; inputs of other types are held fixed */
  readonly dtype?: DType;
  /** Shape in the graph, possibly with symbols. @default `at` */
  readonly shape?: readonly Dim[];
  /** Shape of `data`. */
  readonly at: readonly number[];
  readonly data: readonly number[];
}

/** How {@link checkGradients} differentiates. */
export interface CheckOptions {
  /** Step of the differences. @default 0.02 */
  readonly step?: number;
}

/** What {@link checkGradients} found. */
export interface GradientCheck {
  /** Largest |derived - numeric| / max(1, |numeric|) over all elements of all inputs. */
  readonly error: number;
  /** The graph, derivatives included. */
  readonly graph: Graph;
}

type Build = (inputs: readonly Value[]) => Value;

/**
 * Compares reverse-mode gradients with fourth-order central differences, for a fixed weighted sum of the result's
 * elements (summed in double precision outside the graph).
 */
export async function checkGradients(
  build: Build,
  inputs: readonly CheckedInput[],
  options: CheckOptions = {},
): Promise<GradientCheck> {
  const graph = createGraph('check');
  const values = inputs.map((input, index) =>
    graph.input(`x${index}`, input.dtype ?? 'float32', input.shape ?? input.at),
  );
  const y = build(values);
  const weight = graph.input('weight', 'float32', y.shape);
  const checked = values.filter((value) => isFloat(value.dtype));
  const derived = gradients(reduceSum(mul(y, weight)), checked);
  derived.forEach((gradient, index) => {
    graph.output(`d_${checked[index]?.name ?? ''}`, gradient);
  });
  const forward = createGraph('forward');
  forward.output(
    'y',
    build(
      inputs.map((input, index) =>
        forward.input(`x${index}`, input.dtype ?? 'float32', input.shape ?? input.at),
      ),
    ),
  );
  const [backward, evaluation] = await Promise.all([openGraph(graph), openGraph(forward)]);
  try {
    return { error: await largestError({ backward, evaluation }, inputs, options.step ?? 0.02), graph };
  } finally {
    await Promise.all([backward.release(), evaluation.release()]);
  }
}

async function largestError(
  runners: { backward: GraphRunner; evaluation: GraphRunner },
  inputs: readonly CheckedInput[],
  step: number,
): Promise<number> {
  const feeds = Object.fromEntries(inputs.map(({ at, data }, index) => [`x${index}`, { shape: at, data }]));
  const y = fetched(await runners.evaluation.run(feeds), 'y');
  const weight = y.data.map((_, index) => Math.sin(1.7 * index + 0.4) + 0.3);
  const derived = await runners.backward.run({ ...feeds, weight: { shape: y.shape, data: weight } });
  let worst = 0;
  for (const [index, { dtype = 'float32', at, data }] of inputs.entries()) {
    if (!isFloat(dtype)) continue;
    const found = fetched(derived, `d_x${index}`);
    if (found.shape.join() !== at.join()) return Infinity;
    for (const element of data.keys()) {
      const along = async (by: number): Promise<number> => {
        const moved = data.map((value, index) => (index === element ? value + by : value));
        const result = fetched(
          await runners.evaluation.run({ ...feeds, [`x${index}`]: { shape: at, data: moved } }),
          'y',
        );
        return result.data.reduce((sum, value, index) => sum + value * (weight[index] ?? 0), 0);
      };
      const numeric = await difference(along, step);
      const error = Math.abs(numeric - (found.data[element] ?? NaN)) / Math.max(1, Math.abs(numeric));
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

/** f'(0) to fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h */
async function difference(f: (by: number) => Promise<number>, step: number): Promise<number> {
  const near = (await f(step)) - (await f(-step));
  const far = (await f(2 * step)) - (await f(-2 * step));
  return (8 * near - far) / (12 * step);
}

function fetched(results: Readonly<Record<string, Fetched>>, name: string): Fetched {
  const result = results[name];
  if (result === undefined) throw new TypeError(`the graph has no output ${name}`);
  return result;
}
