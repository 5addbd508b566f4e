/** A pair of objects whose contents are compared. */
type Pair = readonly [object, object];

/** Compares the contents of a pair, unless the pair encloses itself. */
export type WithinCycle = (pair: Pair, compare: () => boolean) => boolean;

/**
 * Builds a {@link WithinCycle} for one comparison, with Node's answers: the outermost pair meets itself only as that pair;
 * deeper, two objects that both enclose the pair are equal, and one that does beside one that does not is different. Runs
 * inside the isolate from its source text.
 */
export function createCycles(): WithinCycle {
  const setType = Set;
  let outermost: Pair | undefined;
  let second: Pair | undefined;
  let enclosing: Set<object> | undefined;

  const compareSecond = (pair: Pair, [a, b]: Pair, compare: () => boolean) => {
    if (a === pair[0]) return b === pair[1];
    if (b === pair[1]) return false;
    second = pair;
    const equal = compare();
    second = undefined;
    enclosing?.delete(pair[0]);
    enclosing?.delete(pair[1]);
    return equal;
  };
  return (pair, compare) => {
    if (outermost === undefined) {
      outermost = pair;
      return compare();
    }
    if (enclosing === undefined) {
      if (second === undefined) return compareSecond(pair, outermost, compare);
      enclosing = new setType([...outermost, ...second]);
    }
    const { size } = enclosing;
    enclosing.add(pair[0]).add(pair[1]);
    if (enclosing.size < size + 2) return enclosing.size === size;
    const equal = compare();
    enclosing.delete(pair[0]);
    enclosing.delete(pair[1]);
    return equal;
  };
}
