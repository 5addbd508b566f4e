import type { EqualityMode } from './equality-mode.ts';

/** One comparison of items: how alike they must be, and what compares two of them. */
interface ItemComparison {
  readonly mode: EqualityMode;
  readonly same: (actual: unknown, expected: unknown) => boolean;
}

/** Compares the items of two arrays, whose lengths fit. */
export type ItemEquality = (a: unknown[], b: unknown[], comparison: ItemComparison) => boolean;

/** Builds {@link ItemEquality}. Runs inside the isolate from its source text. */
export function createItemEquality(): ItemEquality {
  const { getOwnPropertyDescriptor } = Reflect;
  const { keys } = Object;
  const has = (items: unknown[], key: number | string) => getOwnPropertyDescriptor(items, key) !== undefined;
  const at = (items: unknown[], key: string | undefined) => items[key as never];

  /** From the first hole on, the keys that are there are compared one with another. */
  const sameSparse = (a: unknown[], b: unknown[], from: number, { same }: ItemComparison) => {
    const wanted = keys(b);
    if (keys(a).length !== wanted.length) return false;
    return wanted.slice(from).every((key) => has(a, key) && same(at(a, key), at(b, key)));
  };
  const sameItems: ItemEquality = (a, b, comparison) => {
    const { mode, same } = comparison;
    for (let index = 0; index < a.length; index += 1) {
      const [left, right] = [a[index], b[index]];
      if (right === undefined) {
        if (!has(b, index)) return sameSparse(a, b, index, comparison);
        const fits = left === undefined ? has(a, index) : mode === 'loose' && left === null;
        if (!fits) return false;
      } else if (left === undefined || !same(left, right)) {
        if (mode !== 'loose' || right !== null) return false;
      }
    }
    return true;
  };

  /** As {@link holdsItems}, by the keys that are there. */
  const holdsSparse = (
    a: unknown[],
    b: unknown[],
    [fromA, fromB]: readonly [number, number],
    { same }: ItemComparison,
  ) => {
    const [held, wanted] = [keys(a), keys(b).slice(fromB)];
    const spare = held.length - fromA - wanted.length;
    if (spare < 0) return false;
    let next = fromA;
    for (let index = 0; index < wanted.length; index += 1, next += 1) {
      while (!same(at(a, held[next]), at(b, wanted[index]))) {
        next += 1;
        if (next > held.length - wanted.length + index) return false;
      }
    }
    return true;
  };
  /** Whether the items of `b` occur in `a` in their order. */
  const holdsItems: ItemEquality = (a, b, comparison) => {
    let next = 0;
    for (let index = 0; index < b.length; index += 1, next += 1) {
      if (!has(b, index)) return holdsSparse(a, b, [next, index], comparison);
      while (has(a, next) && !comparison.same(a[next], b[index])) {
        next += 1;
        if (next > a.length - b.length + index) return false;
      }
      if (!has(a, next)) return holdsSparse(a, b, [next, index], comparison);
    }
    return true;
  };
  return (a, b, comparison) => (comparison.mode === 'partial' ? holdsItems : sameItems)(a, b, comparison);
}
