import { InferenceSession, Tensor } from 'onnxruntime-node';

import type { TensorData } from '../dtype.ts';
import { packElements } from '../dtype.ts';
import type { Graph, Value } from '../graph.ts';
import { toOnnxModel } from '../onnx/model.ts';

/** A tensor fed to a graph: elements with their shape, or elements alone where the input's shape is all numbers. */
export type Feed =
  | { readonly shape: readonly number[]; readonly data: readonly number[] | TensorData }
  | readonly number[]
  | number;

/** A tensor that a graph returned; every element type as plain numbers. */
export interface Fetched {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A graph loaded once, to be run many times. */
export interface GraphRunner {
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Fetched>>;
  release(): Promise<void>;
}

/** Loads a graph into ONNX Runtime on one CPU thread. */
export async function openGraph(graph: Graph): Promise<GraphRunner> {
  const session = await InferenceSession.create(toOnnxModel(graph), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    async run(feeds) {
      const inputs = graph.inputs.map((input): [string, Tensor] => [
        input.name,
        toTensor(input, feeds[input.name]),
      ]);
      const outputs = await session.run(Object.fromEntries(inputs));
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, fromTensor(tensor)]));
    },
    release: () => session.release(),
  };
}

/** Runs a graph once on ONNX Runtime's CPU provider. */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Feed>> = {},
): Promise<Record<string, Fetched>> {
  const runner = await openGraph(graph);
  try {
    return await runner.run(feeds);
  } finally {
    await runner.release();
  }
}

function toTensor(input: Value, feed: Feed | undefined): Tensor {
  if (feed === undefined) throw new TypeError(`no feed for input ${input.name}`);
  if (typeof feed === 'number') return tensorOf(input, [feed], []);
  if ('data' in feed) return tensorOf(input, feed.data, feed.shape);
  return tensorOf(input, feed, input.shape.map(Number));
}

function tensorOf(input: Value, data: readonly number[] | TensorData, shape: readonly number[]): Tensor {
  const elements = Array.isArray(data) ? packElements(input.dtype, data) : (data as TensorData);
  if (input.dtype === 'bfloat16') throw new TypeError(`${input.name}: onnxruntime-node takes no bfloat16`);
  return new Tensor(input.dtype, elements as Float32Array, shape);
}

function fromTensor(tensor: Tensor): Fetched {
  const data = tensor.data as ArrayLike<number | bigint>;
  return { shape: tensor.dims, data: Array.from(data, Number) };
}
