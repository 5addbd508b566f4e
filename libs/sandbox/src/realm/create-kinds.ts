/* eslint-disable @typescript-eslint/unbound-method -- methods are applied to values of any kind, whatever the values call theirs */
/** What a value is inside, whatever its prototype and its properties claim. */
export interface Kinds {
  readonly isDate: (value: object) => boolean;
  readonly isPattern: (value: object) => boolean;
  readonly isMap: (value: object) => value is Map<unknown, unknown>;
  readonly isSet: (value: object) => value is Set<unknown>;
  readonly isBuffer: (value: object) => value is ArrayBuffer;
  readonly isError: (value: object) => boolean;
  /** Collections that hold their members weakly, and promises: nothing can be said of what is in them. */
  readonly isOpaque: (value: object) => boolean;
  /** The name of a typed array's type; undefined for everything else, `DataView` too. */
  readonly typedArrayName: (value: object) => string | undefined;
  /** The primitive in a `Number`, `String`, `Boolean`, `BigInt` or `Symbol` object. */
  readonly unbox: (value: object) => { readonly primitive: unknown } | undefined;
  /** Milliseconds of a date. */
  readonly timeOf: (value: object) => number;
}

/**
 * Builds {@link Kinds} on methods that only answer for objects of their own kind. Runs inside the isolate from its source text.
 */
export function createKinds(): Kinds {
  const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  type Method = (this: unknown, ...values: unknown[]) => unknown;
  const getter = (holder: object, key: PropertyKey) => getOwnPropertyDescriptor(holder, key)?.get as Method;
  const answersFor =
    (method: Method, ...values: unknown[]) =>
    (value: object) => {
      try {
        apply(method, value, values);
        return true;
      } catch {
        return false;
      }
    };
  const getTime = Date.prototype.getTime as Method;
  const ofPattern = answersFor(getter(RegExp.prototype, 'hasIndices'));
  const ofWeakMap = answersFor(WeakMap.prototype.has as Method, undefined);
  const ofWeakSet = answersFor(WeakSet.prototype.has as Method, undefined);
  const tagOfTypedArray = getter(getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag);
  const isNativeError = (Error as unknown as { isError: (value: unknown) => boolean }).isError;
  const { toString } = Object.prototype;
  const [errorType, promiseType, patternPrototype] = [Error, Promise, RegExp.prototype];
  const boxes = [Number, String, Boolean, BigInt, Symbol].map(({ prototype }) => prototype.valueOf as Method);

  return {
    isDate: answersFor(getTime),
    isPattern: (value) => value !== patternPrototype && ofPattern(value),
    isMap: answersFor(getter(Map.prototype, 'size')) as Kinds['isMap'],
    isSet: answersFor(getter(Set.prototype, 'size')) as Kinds['isSet'],
    isBuffer: answersFor(getter(ArrayBuffer.prototype, 'byteLength')) as Kinds['isBuffer'],
    isError: (value) => isNativeError(value) || value instanceof errorType,
    isOpaque: (value) =>
      ofWeakMap(value) ||
      ofWeakSet(value) ||
      (value instanceof promiseType && apply(toString, value, []) === '[object Promise]'),
    typedArrayName: (value) => apply(tagOfTypedArray, value, []) as string | undefined,
    unbox: (value) => {
      for (const valueOf of boxes) {
        try {
          return { primitive: apply(valueOf, value, []) };
        } catch {
          continue;
        }
      }
      return undefined;
    },
    timeOf: (value) => apply(getTime, value, []) as number,
  };
}
