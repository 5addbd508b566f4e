/** Structural equality; `strict` also compares types and prototypes, as `assert.deepStrictEqual` of Node does. */
export type DeepEqual = (actual: unknown, expected: unknown, strict: boolean) => boolean;

/** Builds {@link DeepEqual}; cycles are followed once. Runs inside the isolate from its source text. */
export function createDeepEqual(): DeepEqual {
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  const { is } = Object;
  const arrayType = Array;
  const isArray = (value: unknown): value is unknown[] => arrayType.isArray(value);
  const bufferType = ArrayBuffer;
  const [mapType, setType, dateType, patternType, errorType] = [Map, Set, Date, RegExp, Error];
  const boxed = [String, Number, Boolean, BigInt, Symbol] as const;
  type Seen = Map<object, object>;

  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const sameLeaf = (a: unknown, b: unknown, strict: boolean) =>
    strict ? is(a, b) : a == b || (is(a, NaN) && is(b, NaN));
  const countEnumerable = (value: object) => {
    let count = 0;
    for (const key of ownKeys(value))
      if (getOwnPropertyDescriptor(value, key)?.enumerable === true) count += 1;
    return count;
  };

  const sameProperties = (a: object, b: object, strict: boolean, seen: Seen) => {
    if (countEnumerable(a) !== countEnumerable(b)) return false;
    for (const key of ownKeys(b)) {
      if (getOwnPropertyDescriptor(b, key)?.enumerable !== true) continue;
      if (getOwnPropertyDescriptor(a, key)?.enumerable !== true) return false;
      const [left, right] = [
        (a as Record<PropertyKey, unknown>)[key],
        (b as Record<PropertyKey, unknown>)[key],
      ];
      if (!same(left, right, strict, seen)) return false;
    }
    return true;
  };
  const sameMaps = (a: Map<unknown, unknown>, b: Map<unknown, unknown>, strict: boolean, seen: Seen) => {
    if (a.size !== b.size) return false;
    for (const [key, value] of b) {
      let found = a.has(key) && same(a.get(key), value, strict, seen);
      if (!found && isObject(key)) {
        for (const [other, candidate] of a) {
          found ||= isObject(other) && same(other, key, strict, seen) && same(candidate, value, strict, seen);
        }
      }
      if (!found) return false;
    }
    return true;
  };
  const sameSets = (a: Set<unknown>, b: Set<unknown>, strict: boolean, seen: Seen) => {
    if (a.size !== b.size) return false;
    const unmatched = new setType(a);
    for (const item of b) {
      if (unmatched.delete(item)) continue;
      let match: object | undefined;
      for (const other of unmatched) {
        if (isObject(item) && isObject(other) && same(other, item, strict, seen)) match = other;
      }
      if (match === undefined) return false;
      unmatched.delete(match);
    }
    return true;
  };
  const sameKind = (a: object, b: object, strict: boolean, seen: Seen): boolean => {
    if (isArray(a) !== isArray(b) || bufferType.isView(a) !== bufferType.isView(b)) return false;
    if (isArray(a) && isArray(b) && a.length !== b.length) return false;
    for (const box of boxed) {
      if (a instanceof box !== b instanceof box) return false;
      if (b instanceof box && !is(a.valueOf(), b.valueOf())) return false;
    }
    if (b instanceof mapType) return a instanceof mapType && sameMaps(a, b, strict, seen);
    if (b instanceof setType) return a instanceof setType && sameSets(a, b, strict, seen);
    if (b instanceof dateType) return a instanceof dateType && is(a.getTime(), b.getTime());
    if (b instanceof patternType) {
      return (
        a instanceof patternType &&
        a.source === b.source &&
        a.flags === b.flags &&
        a.lastIndex === b.lastIndex
      );
    }
    if (b instanceof errorType) return a instanceof errorType && a.message === b.message && a.name === b.name;
    const plain =
      a instanceof mapType || a instanceof setType || a instanceof dateType || a instanceof patternType;
    return !plain && !(a instanceof errorType);
  };
  const same = (a: unknown, b: unknown, strict: boolean, seen: Seen): boolean => {
    if (!isObject(a) || !isObject(b)) return sameLeaf(a, b, strict);
    if (a === b || seen.get(a) === b) return true;
    if (strict && getPrototypeOf(a) !== getPrototypeOf(b)) return false;
    seen.set(a, b);
    const equal = sameKind(a, b, strict, seen) && sameProperties(a, b, strict, seen);
    if (!equal) seen.delete(a);
    return equal;
  };
  return (actual, expected, strict) => same(actual, expected, strict, new mapType<object, object>());
}
