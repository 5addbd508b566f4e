/* eslint-disable @typescript-eslint/unbound-method -- methods are applied to values of any kind, whatever the values call theirs */
import type { WithinCycle } from './create-cycles.ts';
import type { ItemEquality } from './create-item-equality.ts';
import type { Kinds } from './create-kinds.ts';
import type { MemberEquality } from './create-matching.ts';
import type { EqualityMode } from './equality-mode.ts';

/** Structural equality, as Node's `assert` decides it. */
export type DeepEqual = (actual: unknown, expected: unknown, mode: EqualityMode) => boolean;

/** What {@link createDeepEqual} is put together from. */
export interface EqualityParts {
  readonly kinds: Kinds;
  readonly items: ItemEquality;
  readonly members: MemberEquality;
  readonly createCycles: () => WithinCycle;
}

/** Builds {@link DeepEqual}. Runs inside the isolate from its source text. */
export function createDeepEqual({ kinds, items, members, createCycles }: EqualityParts): DeepEqual {
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, apply } = Reflect;
  const { is, keys: textKeys } = Object;
  const { toString } = Object.prototype;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const [bytesType, tagKey] = [Uint8Array, Symbol.toStringTag];
  const globals = globalThis as unknown as Record<string, unknown>;
  const wellKnown = new Set<unknown>(
    (
      'Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error Float16Array Float32Array Float64Array ' +
      'Function Int16Array Int32Array Int8Array Map Number Object Promise RegExp Set String Symbol Uint16Array Uint32Array ' +
      'Uint8Array Uint8ClampedArray WeakMap WeakSet'
    )
      .split(' ')
      .flatMap((name) => globals[name] ?? []),
  );
  type Props = Record<PropertyKey, unknown>;
  /** One comparison; nothing looks for cycles where `within` is missing. */
  interface Frame {
    readonly mode: EqualityMode;
    readonly within?: WithinCycle;
  }

  const has = (value: object, key: PropertyKey) => getOwnPropertyDescriptor(value, key) !== undefined;
  const hasEnumerable = (value: object, key: PropertyKey) =>
    getOwnPropertyDescriptor(value, key)?.enumerable === true;
  const tagOf = (value: object) => (value as Props)[tagKey];
  const haveOneTag = (a: object, b: object) => {
    if (tagOf(a) !== undefined && tagOf(b) !== undefined) return tagOf(a) === tagOf(b);
    return apply(toString, a, []) === apply(toString, b, []);
  };
  const sameType = (a: object, b: object) => {
    const maker: unknown = (a as unknown as Props)['constructor'];
    const isTelling = wellKnown.has(maker) || !(maker === undefined || has(a, 'constructor'));
    return isTelling
      ? maker === (b as unknown as Props)['constructor']
      : getPrototypeOf(a) === getPrototypeOf(b);
  };
  const isSymbolOf = (value: object) => (key: PropertyKey) =>
    typeof key === 'symbol' && hasEnumerable(value, key);
  /** Enumerable keys beside the indices, which come first of all keys. */
  const namedKeys = (value: object, mode: EqualityMode) => {
    const found: PropertyKey[] = [];
    const all = ownKeys(value);
    for (let at = all.length - 1; at >= 0; at -= 1) {
      const key = all[at] as string | symbol;
      if (typeof key === 'string' && /^(?:0|[1-9]\d{0,9})$/.test(key)) break;
      if ((mode !== 'loose' || typeof key === 'string') && hasEnumerable(value, key)) found.push(key);
    }
    return found;
  };
  const sizesFit = (a: number, b: number, mode: EqualityMode) => (mode === 'partial' ? a >= b : a === b);

  const sameBytes = (a: Uint8Array, b: Uint8Array, mode: EqualityMode) => {
    if (!sizesFit(a.length, b.length, mode)) return false;
    let at = 0;
    for (let index = 0; index < b.length; index += 1, at += 1) {
      while (a[at] !== b[index]) {
        at += 1;
        if (at > a.length - b.length + index) return false;
      }
    }
    return true;
  };
  const bytesOf = (view: ArrayBufferView) => new bytesType(view.buffer, view.byteOffset, view.byteLength);
  const isShorter = (length: number, other: unknown) => length === other || length < (other as number);
  const sameViews = (a: ArrayBufferView, b: object, mode: EqualityMode) => {
    const name = kinds.typedArrayName(a);
    if (name !== kinds.typedArrayName(b)) return false;
    // Node looks at the bytes of what is not a view as if there were none.
    if (!isView(b)) return mode === 'partial' && !isShorter(a.byteLength, (b as Props)['byteLength']);
    if (mode !== 'loose' || name?.startsWith('Float') !== true)
      return sameBytes(bytesOf(a), bytesOf(b), mode);
    const [left, right] = [a as Float64Array, b as Float64Array];
    return left.length === right.length && left.every((value, index) => value === right[index]);
  };
  const samePatterns = (a: RegExp, b: RegExp) =>
    a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
  const sameErrors = (a: Props, b: Props, frame: Frame) => {
    const isPartial = frame.mode === 'partial';
    for (const key of ['message', 'name', 'cause', 'errors']) {
      if (hasEnumerable(b, key)) continue;
      if (isPartial && (b[key] === undefined || (key === 'message' && b[key] === ''))) continue;
      if (!same(a[key], b[key], frame)) return false;
    }
    return has(a, 'cause') === has(b, 'cause') || (isPartial && !has(b, 'cause'));
  };

  const sameObjects = (a: object, b: object, frame: Frame): boolean => {
    const { mode } = frame;
    if (mode === 'strict' && !sameType(a, b)) return false;
    const isList = isArray(a);
    if (isList || isView(a)) {
      const fits = isList
        ? isArray(b) && sizesFit(a.length, b.length, mode) && tagOf(a) === tagOf(b)
        : sameViews(a, b, mode);
      if (!fits) return false;
      const wanted = namedKeys(b, mode);
      if (mode !== 'partial' && wanted.length !== namedKeys(a, mode).length) return false;
      return sameContents(a, b, wanted, frame);
    }
    const wanted = wantedKeys(a, b, frame);
    return wanted !== undefined && sameInside(a, b, frame) && sameContents(a, b, wanted, frame);
  };
  /** What objects hold beside their properties and members. */
  const sameInside = (a: object, b: object, frame: Frame): boolean => {
    const { mode } = frame;
    const isPlain = (value: object) =>
      tagOf(value) === undefined && apply(toString, value, []) === '[object Object]';
    if (isPlain(a)) return haveOneTag(a, b);
    if (kinds.isSet(a)) return kinds.isSet(b) && sizesFit(a.size, b.size, mode) && tagOf(a) === tagOf(b);
    if (kinds.isMap(a)) return kinds.isMap(b) && sizesFit(a.size, b.size, mode) && tagOf(a) === tagOf(b);
    if (kinds.isDate(a))
      return kinds.isDate(b) && is(kinds.timeOf(a), kinds.timeOf(b)) && tagOf(a) === tagOf(b);
    if (kinds.isPattern(a))
      return kinds.isPattern(b) && samePatterns(a as RegExp, b as RegExp) && tagOf(a) === tagOf(b);
    if (kinds.isBuffer(a)) {
      return (
        kinds.isBuffer(b) && tagOf(a) === tagOf(b) && sameBytes(new bytesType(a), new bytesType(b), mode)
      );
    }
    if (!haveOneTag(a, b) || isArray(b) || isView(b) || kinds.isSet(b) || kinds.isMap(b)) return false;
    if (kinds.isDate(b) || kinds.isPattern(b) || kinds.isBuffer(b)) return false;
    if (kinds.isError(a)) return kinds.isError(b) && sameErrors(a as Props, b as Props, frame);
    const [box, other] = [kinds.unbox(a), kinds.unbox(b)];
    if (box !== undefined) return other !== undefined && is(box.primitive, other.primitive);
    return other === undefined && !kinds.isError(b) && !kinds.isOpaque(a);
  };
  /** The keys to compare; undefined where the two have different numbers of them. */
  const wantedKeys = (a: object, b: object, { mode }: Frame): PropertyKey[] | undefined => {
    const wanted: PropertyKey[] = textKeys(b);
    if (mode === 'partial') return [...wanted, ...ownKeys(b).filter(isSymbolOf(b))];
    if (textKeys(a).length !== wanted.length) return undefined;
    if (mode === 'loose') return wanted;
    const symbols = ownKeys(b).filter(isSymbolOf(b));
    return symbols.length === ownKeys(a).filter(isSymbolOf(a)).length ? [...wanted, ...symbols] : undefined;
  };

  const isEmpty = (value: object) => {
    if (isArray(value)) return value.length === 0;
    return kinds.isSet(value) || kinds.isMap(value) ? value.size === 0 : true;
  };
  const sameContents = (a: object, b: object, keys: readonly PropertyKey[], frame: Frame): boolean => {
    if (keys.length === 0 && isEmpty(b)) return true;
    const compare = () => compareContents(a, b, keys, frame);
    return frame.within === undefined ? compare() : frame.within([a, b], compare);
  };
  const compareContents = (a: object, b: object, keys: readonly PropertyKey[], frame: Frame): boolean => {
    for (const key of keys) {
      if (!hasEnumerable(a, key) || !same((a as Props)[key], (b as Props)[key], frame)) return false;
    }
    const { mode } = frame;
    const comparison = {
      mode,
      same: (left: unknown, right: unknown) => same(left, right, frame),
      sameObjects: (left: unknown, right: unknown) =>
        isObject(left) && isObject(right) && sameObjects(left, right, frame),
    };
    if (isArray(a) && isArray(b)) return items(a, b, comparison);
    if (kinds.isSet(a) && kinds.isSet(b)) return members.sets(a, b, comparison);
    if (kinds.isMap(a) && kinds.isMap(b)) return members.maps(a, b, comparison);
    return true;
  };

  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const same = (a: unknown, b: unknown, frame: Frame): boolean => {
    if (a === b) return a !== 0 || is(a, b) || frame.mode === 'loose';
    if (isObject(a) && isObject(b)) return sameObjects(a, b, frame);
    const areNaN = a !== a && b !== b;
    if (frame.mode !== 'loose') return areNaN;
    return !isObject(a) && !isObject(b) && (a == b || areNaN);
  };
  let mayEncloseItself = false;
  return (actual, expected, mode) => {
    if (!mayEncloseItself) {
      try {
        return same(actual, expected, { mode });
      } catch {
        // Too deep, perhaps for ever: from now on with an eye on cycles, which takes longer.
        mayEncloseItself = true;
      }
    }
    return same(actual, expected, { mode, within: createCycles() });
  };
}
