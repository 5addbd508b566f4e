import type { Kinds } from '../create-kinds.ts';
import type { WebErrorType } from './create-web.ts';

/** `structuredClone`. */
export type StructuredClone = (
  value: unknown,
  options?: { readonly transfer?: Iterable<unknown> },
) => unknown;

/**
 * Builds {@link StructuredClone}: refuses, as in Node, functions, symbols and weak collections as far as they can be
 * recognised from inside. Runs inside the isolate from its source text.
 */
export function createStructuredClone(kinds: Kinds, errorType: WebErrorType): StructuredClone {
  const { apply, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
  type Copies = Map<object, object>;
  type Copier = (value: object, copies: Copies) => object | undefined;
  const errorTypes: readonly ErrorConstructor[] = [
    ...[Error, EvalError, RangeError, ReferenceError],
    ...[SyntaxError, TypeError, URIError],
  ];
  const viewTypes = [
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  ];
  const refuse = (shown: string): never => {
    throw new errorType(`${shown} could not be cloned.`, 'DataCloneError');
  };
  const put = (copy: object, key: PropertyKey, value: unknown, enumerable = true) =>
    defineProperty(copy, key, {
      __proto__: null,
      ...{ value, enumerable, writable: true, configurable: true },
    } as PropertyDescriptor);
  const keep = <T extends object>(copies: Copies, value: object, copy: T): T => {
    copies.set(value, copy);
    return copy;
  };

  const copyError: Copier = (value, copies) => {
    if (!kinds.isError(value)) return undefined;
    const { name, message } = value as Error;
    if (value instanceof errorType) {
      const copied = keep(copies, value, new errorType(message, name));
      if (getOwnPropertyDescriptor(value, 'stack') !== undefined) put(copied, 'stack', value.stack, false);
      return copied;
    }
    const type = errorTypes.find((candidate) => candidate.name === name) ?? Error;
    const copy = keep(copies, value, new type());
    for (const key of ['message', 'cause', 'stack']) {
      const found = getOwnPropertyDescriptor(value, key);
      if (found === undefined) continue;
      const held: unknown = (value as unknown as Record<string, unknown>)[key];
      put(copy, key, key === 'cause' ? clone(held, copies) : String(held), false);
    }
    return copy;
  };
  const copyBytes: Copier = (value, copies) => {
    if (kinds.isBuffer(value))
      return keep(copies, value, apply(ArrayBuffer.prototype.slice, value, [0]) as object); // eslint-disable-line @typescript-eslint/unbound-method -- applied to it
    if (!ArrayBuffer.isView(value)) return undefined;
    const buffer = clone(value.buffer, copies) as ArrayBuffer;
    const name = kinds.typedArrayName(value);
    if (name === undefined)
      return keep(copies, value, new DataView(buffer, value.byteOffset, value.byteLength));
    const type = viewTypes.find((candidate) => candidate.name === name) ?? refuse(`#<${name}>`);
    return keep(copies, value, new type(buffer, value.byteOffset, (value as Uint8Array).length));
  };
  const copyCollection: Copier = (value, copies) => {
    if (kinds.isMap(value)) {
      const copy = keep(copies, value, new Map());
      for (const [key, held] of [...value]) copy.set(clone(key, copies), clone(held, copies));
      return copy;
    }
    if (!kinds.isSet(value)) return undefined;
    const copy = keep(copies, value, new Set());
    for (const held of [...value]) copy.add(clone(held, copies));
    return copy;
  };
  const copyValue: Copier = (value, copies) => {
    if (kinds.isDate(value)) return keep(copies, value, new Date(kinds.timeOf(value)));
    if (kinds.isPattern(value)) {
      const { source, flags } = value as RegExp;
      return keep(copies, value, new RegExp(source, flags));
    }
    const boxed = kinds.unbox(value);
    if (boxed === undefined) return undefined;
    if (typeof boxed.primitive === 'symbol') return refuse('#<Symbol>');
    return keep(copies, value, Object(boxed.primitive) as object);
  };
  const copyProperties = (value: object, copies: Copies) => {
    const copy: object = keep(copies, value, Array.isArray(value) ? new Array<unknown>(value.length) : {});
    for (const key of ownKeys(value)) {
      if (typeof key !== 'string' || getOwnPropertyDescriptor(value, key)?.enumerable !== true) continue;
      put(copy, key, clone((value as Record<string, unknown>)[key], copies));
    }
    return copy;
  };
  const clone = (value: unknown, copies: Copies): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol') return refuse(String(value));
    if (typeof value !== 'object' || value === null) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    if (kinds.isOpaque(value) || value instanceof WeakRef) {
      return refuse(`#<${(value.constructor as { readonly name: string }).name}>`);
    }
    return (
      copyValue(value, copies) ??
      copyCollection(value, copies) ??
      copyBytes(value, copies) ??
      copyError(value, copies) ??
      copyProperties(value, copies)
    );
  };

  return (...given: Parameters<StructuredClone> | []) => {
    if (given.length === 0) {
      const error = new TypeError('The "value" argument must be specified');
      throw Object.assign(error, { code: 'ERR_MISSING_ARGS' });
    }
    const [value, options] = given;
    const copies: Copies = new Map();
    for (const moved of options?.transfer ?? []) {
      if (typeof moved !== 'object' || moved === null || !kinds.isBuffer(moved)) {
        throw new errorType('Value not transferable', 'DataCloneError');
      }
      copies.set(moved, moved.transfer());
    }
    return clone(value, copies);
  };
}
