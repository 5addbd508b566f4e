import { BOUNDS, type Bound } from '@sipf/contracts';
import fc from 'fast-check';

/** Values at the ends of a bound, inside and outside of it. */
export function numbers(bound: Bound): fc.Arbitrary<number> {
  const { min, max, isWhole } = bound;
  const inside = isWhole
    ? fc.integer({ min, max: Math.min(max, 2 ** 31) })
    : fc.double({ min, max, noNaN: true });
  const ends = [min, max, ...(bound.orZero === true ? [0] : [])];
  return fc.oneof(
    { weight: 60, arbitrary: inside },
    { weight: 20, arbitrary: fc.constantFrom(...ends) },
    { weight: 1, arbitrary: fc.constantFrom(min - 1, max * 1.01 + 1, 1e-40, -0, NaN) },
  );
}

/** Any of some settings, each within its row of the table of bounds, or just outside of it. */
export const settings = (names: readonly (keyof typeof BOUNDS)[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, numbers(BOUNDS[name])])), { requiredKeys: [] });
