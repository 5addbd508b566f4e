import { SipfError } from '@sipf/errors';

import type { Dim } from './dimension.ts';

/** Shapes that an operator cannot take; names the operator and every shape. Kind `invalid-argument`, reason `SHAPE_MISMATCH`. */
export class ShapeError extends SipfError {
  readonly operator: string;
  readonly shapes: readonly (readonly Dim[])[];

  constructor(operator: string, shapes: readonly (readonly Dim[])[], why: string) {
    const listed = shapes.map(formatShape).join(', ');
    super('invalid-argument', `${operator}(${listed}): ${why}`, {
      reason: 'SHAPE_MISMATCH',
      metadata: { operator, shapes: listed },
    });
    this.operator = operator;
    this.shapes = shapes;
  }
}

/** `[B, T, 64]`. */
export function formatShape(shape: readonly Dim[]): string {
  return `[${shape.join(', ')}]`;
}
