import type { Value } from '../graph.ts';
import { add, addAll, div, minimum, mul, sqrt } from '../operators/elementwise.ts';
import type { Operand } from '../operators/operand.ts';
import { reduceSumSquare } from '../operators/reduction.ts';

/** Euclidean norm of all gradients together: a scalar. */
export function globalNorm(gradients: readonly Value[]): Value {
  return sqrt(addAll(gradients.map((gradient) => reduceSumSquare(gradient))));
}

/**
 * Gradients scaled to a norm of at most `maxNorm`, by min(1, maxNorm / (norm + 1e-6)) as PyTorch does, and the norm before it.
 */
export function clipByGlobalNorm(
  gradients: readonly Value[],
  maxNorm: Operand,
): { gradients: Value[]; norm: Value } {
  const norm = globalNorm(gradients);
  const coefficient = minimum(div(maxNorm, add(norm, 1e-6)), 1);
  return { gradients: gradients.map((gradient) => mul(gradient, coefficient)), norm };
}
