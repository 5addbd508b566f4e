import type { Graph, Value } from '../graph.ts';
import type { GraphRecord, NodeRecord } from './encode.ts';
import { encodeModel } from './encode.ts';
import type { LiveGraph } from './live-nodes.ts';
import { liveNodes } from './live-nodes.ts';
import { plainNodes, type Plainness } from './plain-nodes.ts';

/** How {@link toOnnxModel} spells a model. */
export interface OnnxModelOptions extends Plainness {
  /** Version of ONNX's own operators. @default 21 */
  readonly opset?: number;
}

/** IR version that carries opset 21. */
const IR_VERSION = 10;

/**
 * The graph as the bytes of an ONNX model. Inputs keep their order, unused ones included; nodes and stored tensors that
 * no output needs are left out. Equal graphs give equal bytes. Stored tensors of more than 2 GiB do not fit.
 */
export function toOnnxModel(graph: Graph, { opset = 21, ...plainness }: OnnxModelOptions = {}): Uint8Array {
  const record = recordOf(graph, plainness, ({ name }) => name);
  return encodeModel(record, IR_VERSION, { '': opset, 'com.microsoft': 1 });
}

/** @param outside the names of the values of the graphs around it */
function recordOf(graph: Graph, plainness: Plainness, outside: (value: Value) => string): GraphRecord {
  const live = liveNodes(graph);
  const names = outputNames(graph, live);
  const nameOf = (value: Value): string => {
    const source = live.resolve(value);
    return source.graph === graph ? (names.get(source.name) ?? source.name) : outside(source);
  };
  const nodes: NodeRecord[] = live.nodes.flatMap((node) => {
    const { type, domain, attributes } = node;
    const inputs = node.inputs.map((input) => (input === undefined ? '' : nameOf(input)));
    const outputs = node.outputs.map((output) => nameOf(output));
    const body = node.body && recordOf(node.body, plainness, nameOf);
    return plainNodes(
      node,
      { type, domain, inputs, outputs, attributes, body },
      { graph, used: live.used, plainness },
    );
  });
  for (const [name, value] of graph.outputs) {
    if (nameOf(value) !== name) nodes.push(identity(nameOf(value), name));
  }
  return {
    name: graph.name,
    nodes,
    initializers: [...graph.initializers.values()].filter(({ value }) => live.used.has(value.name)),
    inputs: graph.inputs.map((value) => ({ name: value.name, value })),
    outputs: [...graph.outputs].map(([name, value]) => ({ name, value })),
  };
}

/** How many operators {@link toOnnxModel} would emit, by type; those of bodies too. */
export function countOperators(
  graph: Graph,
  counts = new Map<string, number>(),
): ReadonlyMap<string, number> {
  for (const { type, body } of liveNodes(graph).nodes) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
    if (body !== undefined) countOperators(body, counts);
  }
  return counts;
}

/** Computed tensors take the name of the first output that they are; what else is an output needs an Identity. */
function outputNames(graph: Graph, live: LiveGraph): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, value] of graph.outputs) {
    const source = live.resolve(value);
    const isComputed = source.graph === graph && graph.producerOf(source) !== undefined;
    if (isComputed && !names.has(source.name)) names.set(source.name, name);
  }
  return names;
}

function identity(from: string, to: string): NodeRecord {
  return { type: 'Identity', domain: '', inputs: [from], outputs: [to], attributes: {} };
}
