import { float, int, ints, readNumber } from '../attribute.ts';
import type { Graph, OperatorNode } from '../graph.ts';
import type { NodeRecord } from './encode.ts';

/** What a device's provider lacks, and is spelt by other operators to the same values. */
export interface Plainness {
  /** Without ONNX Runtime's product that reads its factors transposed and takes a factor. @default false */
  readonly plainProducts?: boolean;
  /** Without further outputs of norms: the mean, and one over the deviation or the root mean square. @default false */
  readonly plainNorms?: boolean;
  /** Without a logarithm of the softmax. @default false */
  readonly plainLogSoftmax?: boolean;
  /** Without inputs rounded to 8 bits for products with rounded weights. @default false */
  readonly plainInputs?: boolean;
  /** Most outputs of one operator. @default any number */
  readonly mostOutputs?: number;
}

interface Surroundings {
  readonly graph: Graph;
  /** Names of the tensors that are read. */
  readonly used: ReadonlySet<string>;
  readonly plainness: Plainness;
}

/** The nodes that compute a node's outputs. @param record the node by names */
export function plainNodes(
  node: OperatorNode,
  record: NodeRecord,
  { graph, used, plainness }: Surroundings,
): NodeRecord[] {
  const { plainProducts, plainNorms, plainLogSoftmax, plainInputs, mostOutputs = Infinity } = plainness;
  if (plainInputs === true && node.type === 'MatMulNBits')
    return [{ ...record, attributes: { ...record.attributes, accuracy_level: int(0) } }];
  if (plainProducts === true && node.type === 'FusedMatMul') return plainProduct(node, record);
  if (plainLogSoftmax === true && node.type === 'LogSoftmax') return logOfSoftmax(record);
  if (plainNorms === true && node.type.endsWith('LayerNormalization')) {
    const [, ...moments] = node.outputs;
    return plainNorm(
      node,
      record,
      moments.some(({ name }) => used.has(name)),
    );
  }
  if (node.type !== 'Split' || record.outputs.length <= mostOutputs) return [record];
  const [, sizes] = node.inputs;
  const known = sizes === undefined ? undefined : graph.constantOf(sizes)?.data;
  if (known === undefined) return [record];
  return splitInTurn(record, Array.from(known, Number), mostOutputs);
}

function plainProduct({ inputs, attributes }: OperatorNode, record: NodeRecord): NodeRecord[] {
  const [output = ''] = record.outputs;
  const [transA, transB] = ['transA', 'transB'].map((name) => readNumber(attributes, name, 0));
  const alpha = readNumber(attributes, 'alpha', 1);
  const [rankA = 0, rankB = 0] = inputs.map((input) => input?.shape.length);
  if (rankA === 2 && rankB === 2) {
    const gemm = { transA: int(transA ?? 0), transB: int(transB ?? 0), alpha: float(alpha) };
    return [{ ...record, type: 'Gemm', domain: '', attributes: gemm }];
  }
  const nodes: NodeRecord[] = [];
  const read = (at: 0 | 1, rank: number, isTransposed: number | undefined): string => {
    const name = record.inputs[at] ?? '';
    if (isTransposed !== 1) return name;
    const axes = [...Array(rank).keys()];
    const perm = ints([...axes.slice(0, -2), rank - 1, rank - 2]);
    nodes.push(plain('Transpose', [name], `${output}/${at}`, { perm }));
    return `${output}/${at}`;
  };
  const factors = [read(0, rankA, transA), read(1, rankB, transB)];
  if (alpha === 1) return [...nodes, plain('MatMul', factors, output)];
  nodes.push(plain('MatMul', factors, `${output}/product`));
  nodes.push(plain('Constant', [], `${output}/alpha`, { value_float: float(alpha) }));
  return [...nodes, plain('Mul', [`${output}/product`, `${output}/alpha`], output)];
}

/** A norm, and beside it where they are read its moments: for that of Ba et al. (2016) the mean, and one over the deviation. */
function plainNorm({ type, attributes }: OperatorNode, record: NodeRecord, isRead: boolean): NodeRecord[] {
  const [y = '', ...moments] = record.outputs;
  const norm = { ...record, outputs: [y] };
  if (!isRead) return [norm];
  const [x = ''] = record.inputs;
  const [mean = `${y}/mean`] = type === 'LayerNormalization' ? moments : [];
  const epsilon = float(readNumber(attributes, 'epsilon', 1e-5));
  const centred = type === 'LayerNormalization' ? `${y}/centred` : x;
  const keepdims = { keepdims: int(1) };
  return [
    norm,
    plain('Constant', [], `${y}/axis`, { value_ints: ints([-1]) }),
    ...(centred === x
      ? []
      : [plain('ReduceMean', [x, `${y}/axis`], mean, keepdims), plain('Sub', [x, mean], centred)]),
    plain('Mul', [centred, centred], `${y}/square`),
    plain('ReduceMean', [`${y}/square`, `${y}/axis`], `${y}/variance`, keepdims),
    plain('Constant', [], `${y}/epsilon`, { value_float: epsilon }),
    plain('Add', [`${y}/variance`, `${y}/epsilon`], `${y}/sum`),
    plain('Sqrt', [`${y}/sum`], `${y}/root`),
    plain('Reciprocal', [`${y}/root`], moments.at(-1) ?? ''),
  ];
}

/** x - max - log sum exp(x - max) along an axis. */
function logOfSoftmax(record: NodeRecord): NodeRecord[] {
  const [[x = ''], [y = '']] = [record.inputs, record.outputs];
  const axis = readNumber(record.attributes, 'axis', -1);
  return [
    plain('Constant', [], `${y}/axis`, { value_ints: ints([axis]) }),
    plain('ReduceMax', [x, `${y}/axis`], `${y}/peak`, { keepdims: int(1) }),
    plain('Sub', [x, `${y}/peak`], `${y}/below`),
    plain('Exp', [`${y}/below`], `${y}/exp`),
    plain('ReduceSum', [`${y}/exp`, `${y}/axis`], `${y}/sum`, { keepdims: int(1) }),
    plain('Log', [`${y}/sum`], `${y}/log`),
    plain('Sub', [`${y}/below`, `${y}/log`], y),
  ];
}

/** Parts, and parts of these, as often as it takes. */
function splitInTurn(record: NodeRecord, sizes: readonly number[], most: number): NodeRecord[] {
  const { inputs, outputs, attributes } = record;
  const [[x = ''], [first = '']] = [inputs, outputs];
  const each = Math.ceil(sizes.length / most);
  const groups = Array.from({ length: Math.ceil(sizes.length / each) }, (_, group) => {
    const [from, to] = [group * each, (group + 1) * each];
    return { sizes: sizes.slice(from, to), outputs: outputs.slice(from, to) };
  });
  // The first part of a part has the name of its outputs' first, and as many of them.
  const parts = groups.map(
    ({ outputs: own }) => (own.length === 1 ? own[0] : `${own[0]}/${own.length}`) ?? '',
  );
  const totals = groups.map((group) => group.sizes.reduce((sum, size) => sum + size, 0));
  const name = `${first}/sizes${outputs.length}`;
  return [
    plain('Constant', [], name, { value_ints: ints(totals) }),
    { ...record, inputs: [x, name], outputs: parts },
    ...groups.flatMap((group, index) => {
      if (group.outputs.length === 1) return [];
      const part = {
        type: 'Split',
        domain: '',
        attributes,
        inputs: [parts[index] ?? ''],
        outputs: group.outputs,
      };
      return splitInTurn(part, group.sizes, most);
    }),
  ];
}

function plain(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: NodeRecord['attributes'] = {},
): NodeRecord {
  return { type, domain: '', inputs, outputs: [output], attributes };
}
