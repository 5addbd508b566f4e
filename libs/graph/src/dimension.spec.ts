import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Dim } from './dimension.ts';
import { addDims, divideDims, dimTerms, multiplyDims, sameDim, subtractDims } from './dimension.ts';

const SIZES: Readonly<Record<string, number>> = { B: 11, S: 101, T: 1009 };

function evaluate(dim: Dim): number {
  return dimTerms(dim).reduce(
    (total, { coefficient, symbols }) =>
      total + symbols.reduce((product, symbol) => product * (SIZES[symbol] ?? NaN), coefficient),
    0,
  );
}

const leaf = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('B', 'S', 'T'));
const dim = fc.tuple(leaf, leaf, leaf).map(([a, b, c]): Dim => addDims(multiplyDims(a, b), c));

describe('dimension arithmetic', () => {
  it('agrees with arithmetic on the sizes', () => {
    fc.assert(
      fc.property(dim, dim, (a, b) => {
        expect(evaluate(addDims(a, b))).toBe(evaluate(a) + evaluate(b));
        expect(evaluate(subtractDims(a, b))).toBe(evaluate(a) - evaluate(b));
        expect(evaluate(multiplyDims(a, b))).toBe(evaluate(a) * evaluate(b));
      }),
      { seed: 20250 },
    );
  });

  it('spells equal dimensions alike', () => {
    expect(addDims(multiplyDims('T', 'B'), 2)).toBe('B*T+2');
    expect(sameDim('T*B', 'B*T')).toBe(true);
    expect(subtractDims('S+T', 'T')).toBe('S');
    expect(subtractDims('T', 'T')).toBe(0);
  });

  it('divides where the symbols alone allow it', () => {
    expect(divideDims('6*B*T', '2*T')).toBe('3*B');
    expect(divideDims('B*S+B*T', 'B')).toBe('S+T');
    expect(divideDims('B*T', 'S')).toBeUndefined();
    expect(divideDims('B', 2)).toBeUndefined();
    expect(divideDims('S+T', 'S+T')).toBe(1);
  });
});
