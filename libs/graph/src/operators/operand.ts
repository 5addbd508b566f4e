import { SipfError } from '@sipf/errors';

import type { OperatorCall, Graph, Value } from '../graph.ts';

/** A value, or a number that becomes a scalar of the other operand's type. */
export type Operand = Value | number;

/** Applies an operator with one output. */
export function applySingle(graph: Graph, call: OperatorCall): Value {
  const [value] = graph.apply(call);
  if (value === undefined) throw new TypeError(`${call.type} has no output`);
  return value;
}

/**
 * Both operands as values of one type.
 * @throws SipfError reason `DTYPE_MISMATCH` when the types differ; TypeError when both are numbers
 */
export function resolveOperands(operator: string, a: Operand, b: Operand): [Value, Value] {
  if (typeof a === 'number') {
    if (typeof b === 'number') throw new TypeError(`${operator} needs a value`);
    return [b.graph.scalar(a, b.dtype), b];
  }
  if (typeof b === 'number') return [a, a.graph.scalar(b, a.dtype)];
  requireSameDType(operator, a, b);
  return [a, b];
}

/** @throws SipfError reason `DTYPE_MISMATCH` */
export function requireSameDType(operator: string, ...values: readonly Value[]): void {
  const dtypes = values.map((value) => value.dtype);
  if (new Set(dtypes).size > 1) {
    throw new SipfError(
      'invalid-argument',
      `${operator}: operands of types ${dtypes.join(', ')} must agree`,
      {
        reason: 'DTYPE_MISMATCH',
      },
    );
  }
}

/** The number behind a stored scalar; undefined for anything else. */
export function scalarOf(value: Value): number | undefined {
  const constant = value.shape.length === 0 ? value.graph.constantOf(value) : undefined;
  if (constant === undefined || constant.dtype === 'float16' || constant.dtype === 'bfloat16')
    return undefined;
  return Number(constant.data[0]);
}
