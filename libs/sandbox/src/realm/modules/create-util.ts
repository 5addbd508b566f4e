import type { DeepEqual } from '../create-deep-equal.ts';
import type { Inspect } from '../create-inspect.ts';
import type { Kinds } from '../create-kinds.ts';

/** What {@link createUtil} is put together from. */
export interface UtilParts {
  readonly inspect: Inspect;
  readonly format: (...values: readonly unknown[]) => string;
  readonly deepEqual: DeepEqual;
  readonly kinds: Kinds;
  readonly coders: object;
}

/** Builds the `util` of programs. Runs inside the isolate from its source text. */
export function createUtil({ inspect, format, deepEqual, kinds, coders }: UtilParts): object {
  type Work = (...values: unknown[]) => unknown;
  const custom = Symbol.for('nodejs.util.promisify.custom');
  const promisify = (work: Work & Record<symbol, unknown>) => {
    if (typeof work !== 'function') {
      const error = new TypeError('The "original" argument must be of type function');
      throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
    }
    if (typeof work[custom] === 'function') return work[custom];
    return function (this: unknown, ...values: unknown[]) {
      return new Promise((resolve, reject) => {
        Reflect.apply(work, this, [
          ...values,
          (error: unknown, result: unknown) => {
            if (error) reject(error); // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- whatever it is
            else resolve(result);
          },
        ]);
      });
    };
  };
  const callbackify =
    (work: (...values: unknown[]) => Promise<unknown>) =>
    (...values: unknown[]) => {
      const callback = values.pop() as (error: unknown, result?: unknown) => void;
      work(...values).then(
        (result) => {
          callback(null, result);
        },
        (error: unknown) => {
          callback(error);
        },
      );
    };
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const ofObject = (is: (value: object) => boolean) => (value: unknown) => isObject(value) && is(value);
  return {
    inspect,
    format,
    promisify: Object.assign(promisify, { custom }),
    callbackify,
    inherits: (type: { prototype: object }, parent: { prototype: object }) => {
      Object.defineProperty(type, 'super_', { value: parent, writable: true, configurable: true });
      Object.setPrototypeOf(type.prototype, parent.prototype);
    },
    isDeepStrictEqual: (a: unknown, b: unknown, options?: { skipPrototype?: boolean }) =>
      deepEqual(a, b, options?.skipPrototype === true ? 'structure' : 'strict'),
    deprecate: (work: unknown) => work,
    isArray: Array.isArray,
    types: {
      isDate: ofObject(kinds.isDate),
      isRegExp: ofObject(kinds.isPattern),
      isMap: ofObject(kinds.isMap),
      isSet: ofObject(kinds.isSet),
      isNativeError: ofObject(kinds.isError),
      isPromise: (value: unknown) => value instanceof Promise,
      isTypedArray: ofObject((value) => kinds.typedArrayName(value) !== undefined),
      isBoxedPrimitive: ofObject((value) => kinds.unbox(value) !== undefined),
    },
    ...coders,
  };
}
