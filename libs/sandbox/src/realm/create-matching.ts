import type { EqualityMode } from './equality-mode.ts';

/** One comparison of members. */
interface Matching {
  readonly mode: EqualityMode;
  readonly same: (actual: unknown, expected: unknown) => boolean;
  /** As `same` for two objects, which being identical does not settle. */
  readonly sameObjects: (actual: unknown, expected: unknown) => boolean;
}

/** Compares the members of sets and maps, whose order does not count. */
export interface MemberEquality {
  readonly sets: (a: Set<unknown>, b: Set<unknown>, matching: Matching) => boolean;
  readonly maps: (a: Map<unknown, unknown>, b: Map<unknown, unknown>, matching: Matching) => boolean;
}

/**
 * Builds {@link MemberEquality}. Loose and partial equality are not transitive, so what finds a partner depends on the order in
 * which partners are tried: it is Node's, from both ends of those that wait. Runs inside the isolate from its source text.
 */
export function createMatching(): MemberEquality {
  type Fits = (waiting: unknown) => boolean;
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const toNumber = Number;

  /** Takes members of the expected side out of those that wait for a partner. */
  const createTaking = (waiting: unknown[]) => {
    let [first, last, fromFront] = [0, waiting.length - 1, true];
    const takeBetween = (from: number, fits: Fits) => {
      for (let index = last - 1; index >= from; index -= 1) {
        if (!fits(waiting[index])) continue;
        waiting[index] = waiting[last];
        return true;
      }
      return false;
    };
    const take = (fits: Fits) => {
      let from = first;
      if (fromFront) {
        if (fits(waiting[first])) {
          first += 1;
          return true;
        }
        if (first === last) return false;
        fromFront = false;
        from += 1;
      }
      if (!fits(waiting[last])) {
        fromFront = true;
        if (!takeBetween(from, fits)) return false;
      }
      last -= 1;
      return true;
    };
    return { take, left: () => last - first + 1 };
  };

  /** Whether all that wait find a partner; a verdict instead of a way to compare settles a member. */
  const pairUp = <M>(
    { size, members }: { size: number; members: Iterable<M> },
    waiting: unknown[],
    mode: EqualityMode,
    compareWith: (member: M) => boolean | Fits,
  ) => {
    const { take, left } = createTaking(waiting);
    let rest = size;
    for (const member of members) {
      rest -= 1;
      const fits = compareWith(member);
      if (fits === false) return false;
      const isTaken = fits === true || take(fits);
      if (mode !== 'partial') {
        if (!isTaken) return false;
        continue;
      }
      if (left() === 0) return true;
      if (rest < left()) return false;
    }
    return mode !== 'partial';
  };

  /** Whether `==` may find a partner for a primitive without an identical one; undefined and null have only each other. */
  const mayBeLoose = (primitive: unknown): boolean | 'nothing' => {
    if (primitive === undefined || primitive === null) return 'nothing';
    if (typeof primitive === 'symbol') return false;
    const number = typeof primitive === 'string' ? toNumber(primitive) : primitive;
    return number === number;
  };

  const otherNothing = (nothing: unknown) => (nothing === undefined ? null : undefined);

  const mayMatchInSet = (a: Set<unknown>, b: Set<unknown>, member: unknown) => {
    const loose = mayBeLoose(member);
    if (loose !== 'nothing') return loose;
    const alike = otherNothing(member);
    return !b.has(alike) && a.has(alike);
  };
  /** Sets of one or two members, `lone` being the first one of `b` that is not in `a`. */
  const smallSets = (a: Set<unknown>, b: Set<unknown>, lone: unknown, same: Matching['same']) => {
    const [first, second] = a;
    const other = () => {
      let isAfter = false;
      for (const member of b) {
        if (isAfter) return member;
        isAfter = member === lone;
      }
      return undefined;
    };
    if (same(first, lone)) return b.size === 1 || b.has(second) || same(second, other());
    if (a.size === 1 || !same(second, lone)) return false;
    return b.size === 1 || b.has(first) || same(first, other());
  };
  const sets: MemberEquality['sets'] = (a, b, { mode, same, sameObjects }) => {
    const waiting: unknown[] = [];
    for (const member of b) {
      if (a.has(member)) continue;
      if (!isObject(member) && (mode !== 'loose' || !mayMatchInSet(a, b, member))) return false;
      if (waiting.length === 0 && a.size < 3) return smallSets(a, b, member, same);
      waiting.push(member);
    }
    if (waiting.length === 0) return true;
    const compare = mode === 'loose' || mode === 'partial' ? same : sameObjects;
    return pairUp({ size: a.size, members: a }, waiting, mode, (member) => {
      if (b.has(member)) return true;
      if (typeof member !== 'object' && mode !== 'loose' && mode !== 'partial') return false;
      return (other) => compare(member, other);
    });
  };

  const mayMatchInMap = (
    a: Map<unknown, unknown>,
    b: Map<unknown, unknown>,
    [key, value]: readonly [unknown, unknown],
    same: Matching['same'],
  ) => {
    const loose = mayBeLoose(key);
    if (loose !== 'nothing') return loose;
    const alike = otherNothing(key);
    return a.has(alike) && !b.has(alike) && same(a.get(alike), value);
  };
  const maps: MemberEquality['maps'] = (a, b, { mode, same, sameObjects }) => {
    const waiting: unknown[] = [];
    for (const [key, value] of b) {
      if (isObject(key)) {
        if (waiting.length === 0 && a.size === 1) {
          for (const [only, its] of a) return same(only, key) && same(its, value);
        }
      } else {
        if (a.has(key) && same(a.get(key), value)) continue;
        if (mode !== 'loose' || !mayMatchInMap(a, b, [key, value], same)) return false;
      }
      waiting.push(key);
    }
    if (waiting.length === 0) return true;
    const compare = mode === 'loose' ? same : sameObjects;
    return pairUp({ size: a.size, members: a }, waiting, mode, ([key, value]) => {
      if (!isObject(key) && mode === 'partial') return true;
      if (!isObject(key) && b.has(key)) {
        if (mode !== 'loose' || same(value, b.get(key))) return true;
      } else if (!isObject(key) && mode !== 'loose') return false;
      return (other) => compare(key, other) && same(value, b.get(other));
    });
  };
  return { sets, maps };
}
