import { float, int, readInts } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import { sameDim } from '../dimension.ts';
import type { OperatorNode, Value } from '../graph.ts';
import { ShapeError } from '../shape-error.ts';
import { broadcastShapes } from '../shape.ts';
import { add } from './elementwise.ts';
import { applySingle, requireSameDType } from './operand.ts';

/** How {@link matMul} reads its operands. */
export interface MatMulOptions {
  /** Exchange the last two axes of a. @default false */
  readonly transposeA?: boolean;
  /** Exchange the last two axes of b. @default false */
  readonly transposeB?: boolean;
  /** Factor of the product. @default 1 */
  readonly alpha?: number;
}

/**
 * alpha * op(a) op(b): [..., M, K] x [..., K, N] -> [..., M, N], leading axes broadcast; both of rank 2 or more.
 * A transposed operand is folded into the product.
 * @throws ShapeError
 */
export function matMul(a: Value, b: Value, options: MatMulOptions = {}): Value {
  requireSameDType('matMul', a, b);
  const left = readThrough(a, options.transposeA ?? false);
  const right = readThrough(b, options.transposeB ?? false);
  const [m, inner] = matrixDims(left, a);
  const [outer, n] = matrixDims(right, b);
  if (!sameDim(inner, outer))
    throw new ShapeError('matMul', [a.shape, b.shape], `inner dimensions ${inner} and ${outer} differ`);
  const leading = broadcastShapes('matMul', left.x.shape.slice(0, -2), right.x.shape.slice(0, -2));
  const outputs = [{ dtype: a.dtype, shape: [...leading, m, n] }];
  const alpha = options.alpha ?? 1;
  const inputs = [left.x, right.x];
  if (!left.transposed && !right.transposed && alpha === 1)
    return applySingle(a.graph, { type: 'MatMul', inputs, outputs });
  const attributes = { transA: int(left.transposed), transB: int(right.transposed), alpha: float(alpha) };
  return applySingle(a.graph, { type: 'FusedMatMul', domain: 'com.microsoft', inputs, attributes, outputs });
}

/**
 * A linear layer with its weight as Hugging Face stores it: x W^T + b.
 * @param x [..., in] @param weight [out, in] @param bias [out]
 * @throws ShapeError
 */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const product = matMul(x, weight, { transposeB: true });
  return bias === undefined ? product : add(product, bias);
}

interface Factor {
  readonly x: Value;
  readonly transposed: boolean;
}

function readThrough(x: Value, transposed: boolean): Factor {
  const producer = x.graph.producerOf(x);
  const inner = producer?.inputs[0];
  if (producer === undefined || inner === undefined || !swapsLastTwo(producer)) return { x, transposed };
  return { x: inner, transposed: !transposed };
}

function swapsLastTwo(node: OperatorNode): boolean {
  const perm = node.type === 'Transpose' ? readInts(node.attributes, 'perm') : undefined;
  const rank = perm?.length ?? 0;
  return rank >= 2 && perm?.every((from, to) => from === (to < rank - 2 ? to : 2 * rank - 3 - to)) === true;
}

function matrixDims({ x, transposed }: Factor, given: Value): [Dim, Dim] {
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined)
    throw new ShapeError('matMul', [given.shape], 'needs two axes');
  return transposed ? [columns, rows] : [rows, columns];
}
