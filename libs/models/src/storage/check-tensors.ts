import type { FieldViolation } from '@sipf/errors';
import { invalidFields } from '../config/schema-violations.ts';
import type { HostDType } from './host-tensor.ts';

/** Enough of a folder's tensors to check them. */
export interface TensorShapes {
  has(name: string): boolean;
  shape(name: string): readonly number[];
  dtype(name: string): HostDType;
}

const FLOATING: ReadonlySet<HostDType> = new Set(['float32', 'float16', 'bfloat16']);

/**
 * Checks that every expected tensor is there, floating-point and of its shape; further ones are unusedTensors.
 *
 * @throws SipfError failed-precondition TENSORS_MISMATCH, a violation a tensor
 */
export function checkTensors(
  tensors: TensorShapes,
  expected: ReadonlyMap<string, readonly number[]>,
  reason = 'TENSORS_MISMATCH',
): void {
  const violations = [...expected].flatMap(([name, shape]) => {
    const description = mismatch(tensors, name, shape);
    return description === undefined ? [] : [{ field: name, description } satisfies FieldViolation];
  });
  if (violations.length > 0) throw invalidFields(violations, reason);
}

function mismatch(tensors: TensorShapes, name: string, shape: readonly number[]): string | undefined {
  if (!tensors.has(name)) return 'is missing';
  const actual = tensors.shape(name);
  if (actual.join() !== shape.join()) {
    return `has the shape [${actual.join(', ')}], the configuration asks for [${shape.join(', ')}]`;
  }
  const dtype = tensors.dtype(name);
  return FLOATING.has(dtype) ? undefined : `is ${dtype}, not floating-point`;
}
