import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { StepGraph } from '../build-steps.ts';
import type { BatchArrays } from '../objective-inputs.ts';

/** A batch and the counts that its loss is averaged over. */
export interface StepBatch {
  /** Rows, 2 P for pairs. */
  readonly rows: number;
  /** T */
  readonly length: number;
  readonly arrays: BatchArrays;
  readonly counts: Readonly<Record<string, number>>;
}

/** What one run of a step gives. */
interface StepResult {
  /** Every scalar output by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** A step's session on one CPU thread. */
export interface StepRunner {
  /**
   * Runs the step; each state vector that has an output is replaced in place.
   * @param state by input name, float32 [size]
   * @param others frozen parameters and float32 scalars by input name; `dropout_seed` is taken from here too
   */
  run(
    state: Record<string, Float32Array>,
    batch: StepBatch,
    others?: Readonly<Record<string, FixedTensor>>,
  ): Promise<StepResult>;
  release(): Promise<void>;
}

/** Opens a step for specs and reference checks; the trainer has its own sessions in workers. */
export async function openStep(step: StepGraph): Promise<StepRunner> {
  const session = await InferenceSession.create(step.model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    async run(state, batch, others = {}) {
      const feeds = stepFeeds(step, state, { batch, others });
      const fetches: Record<string, Tensor | null> = {};
      for (const { input, output } of step.state) {
        if (output !== undefined) fetches[output] = feeds[input] ?? null;
      }
      for (const name of step.metrics) fetches[name] = null;
      const results = await session.run(feeds, fetches);
      return { metrics: Object.fromEntries(step.metrics.map((name) => [name, numberOf(results[name])])) };
    },
    release: () => session.release(),
  };
}

/** What a step is fed beside its state vectors. */
export interface StepFeedParts {
  readonly batch: StepBatch;
  readonly others?: Readonly<Record<string, FixedTensor>>;
}

/** A frozen parameter, quantised or not, or a scalar. */
type FixedTensor = Float32Array | Uint8Array | number;

/** Every input of a step as a tensor. */
export function stepFeeds(
  step: StepGraph,
  state: Readonly<Record<string, Float32Array>>,
  { batch, others = {} }: StepFeedParts,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const { name, shape } of step.batch) {
    const dims = shape.length === 1 ? [batch.arrays[name]?.length ?? 0] : [batch.rows, batch.length];
    feeds[name] = arrayTensor(batch.arrays[name], dims);
  }
  for (const name of step.counts) feeds[name] = scalar(batch.counts[name]);
  for (const { name, shape } of step.frozen) feeds[name] = arrayTensor(others[name], shape.map(Number));
  for (const { name, dtype } of step.scalars) feeds[name] = scalar(others[name], dtype === 'int64');
  for (const { input } of step.state) feeds[input] = arrayTensor(state[input], [step.layout.size]);
  return feeds;
}

function arrayTensor(
  data: Float32Array | BigInt64Array | Uint8Array | number | undefined,
  dims: readonly number[],
): Tensor {
  if (data instanceof BigInt64Array) return new Tensor('int64', data, dims);
  if (data instanceof Float32Array) return new Tensor('float32', data, dims);
  if (data instanceof Uint8Array) return new Tensor('uint8', data, dims);
  throw new TypeError('a tensor of the step is not fed');
}

function scalar(value: FixedTensor | undefined, int64 = false): Tensor {
  if (typeof value !== 'number') throw new TypeError('a scalar of the step is not fed');
  return int64
    ? new Tensor('int64', BigInt64Array.of(BigInt(value)), [])
    : new Tensor('float32', Float32Array.of(value), []);
}

function numberOf(tensor: Tensor | undefined): number {
  if (tensor === undefined) throw new TypeError('an output of the step is missing');
  return Number(tensor.data[0]);
}
