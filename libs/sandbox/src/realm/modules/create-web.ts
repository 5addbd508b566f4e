import type { BufferType } from './create-buffer.ts';

/** Errors of the web's functions, distinguished by name. */
export type WebErrorType = new (message?: unknown, name?: unknown) => Error;

/** Builds an unchangeable `DOMException`, with Node's names and codes. Runs inside the isolate from its source text. */
export function createWebError(): WebErrorType {
  const { freeze, defineProperty, setPrototypeOf, keys } = Object;
  const [errorType, typeErrorType] = [Error, TypeError];
  const toText = String;
  /** Codes from 1 on; a name that ends in `_ERR` has no other form. */
  const numbered =
    'IndexSizeError DOMSTRING_SIZE_ERR HierarchyRequestError WrongDocumentError InvalidCharacterError NO_DATA_ALLOWED_ERR ' +
    'NoModificationAllowedError NotFoundError NotSupportedError InUseAttributeError InvalidStateError SyntaxError ' +
    'InvalidModificationError NamespaceError InvalidAccessError VALIDATION_ERR TypeMismatchError SecurityError NetworkError ' +
    'AbortError URLMismatchError QuotaExceededError TimeoutError InvalidNodeTypeError DataCloneError';
  const constantNames: Readonly<Record<string, string>> = {
    InUseAttributeError: 'INUSE_ATTRIBUTE_ERR',
    URLMismatchError: 'URL_MISMATCH_ERR',
  };
  const toConstant = (name: string) =>
    constantNames[name] ??
    name
      .replace(/Error$/, '_ERR')
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
      .toUpperCase();
  const codes: Record<string, number> = Object.create(null) as Record<string, number>;
  const constants: Record<string, number> = {};
  for (const [index, name] of numbered.split(' ').entries()) {
    const isConstant = name.endsWith('_ERR');
    if (!isConstant) codes[name] = index + 1;
    constants[isConstant ? name : toConstant(name)] = index + 1;
  }
  interface State {
    readonly name: string;
    readonly message: string;
  }
  const states = new WeakMap<object, State>();
  const stateOf = (value: object): State => {
    const found = states.get(value);
    if (found !== undefined) return found;
    const error = new typeErrorType('Value of "this" must be of DOMException');
    throw Object.assign(error, { code: 'ERR_INVALID_THIS' });
  };
  const textOf = (value: unknown) => {
    if (typeof value === 'symbol') throw new typeErrorType('Cannot convert a Symbol value to a string');
    return toText(value);
  };
  class DOMException {
    constructor(...[message = '', options = 'Error']: readonly unknown[]) {
      // An error inside, as in Node, though its class is not a subclass of `Error`.
      const made = setPrototypeOf(new errorType(), new.target.prototype) as object;
      const isRecord = typeof options === 'object' && options !== null;
      const name = isRecord ? (options as { readonly name?: unknown }).name : options;
      states.set(made, { name: textOf(name), message: textOf(message) });
      if (isRecord && 'cause' in options) {
        const { cause } = options;
        defineProperty(made, 'cause', {
          value: cause,
          writable: true,
          enumerable: false,
          configurable: true,
        });
      }
      const shown = stateOf(made);
      const head = shown.message === '' ? shown.name : `${shown.name}: ${shown.message}`;
      const frames = toText((made as Error).stack)
        .split('\n')
        .slice(1);
      const stack = [head, ...frames].join('\n');
      defineProperty(made, 'stack', { value: stack, writable: true, enumerable: false, configurable: true });
      return made as DOMException;
    }
    get name(): string {
      return stateOf(this).name;
    }
    get message(): string {
      return stateOf(this).message;
    }
    get code(): number {
      return codes[stateOf(this).name] ?? 0;
    }
  }
  setPrototypeOf(DOMException.prototype, errorType.prototype);
  for (const key of ['name', 'message', 'code'])
    defineProperty(DOMException.prototype, key, { enumerable: true });
  for (const key of keys(constants)) {
    const constant = { value: constants[key], enumerable: true };
    for (const holder of [DOMException, DOMException.prototype]) defineProperty(holder, key, constant);
  }
  // As a tag of its own it equals no other error, whatever the two say.
  defineProperty(DOMException.prototype, Symbol.toStringTag, { value: 'DOMException', configurable: true });
  freeze(DOMException.prototype);
  return freeze(DOMException);
}

/** `atob` and `btoa`, of characters that stand for bytes. */
export interface Base64 {
  readonly atob: (text: unknown) => string;
  readonly btoa: (text: unknown) => string;
}

/** Builds {@link Base64}. Runs inside the isolate from its source text. */
export function createBase64(buffers: BufferType, errorType: WebErrorType): Base64 {
  type Shown = Uint8Array & { toString(encoding: string): string };
  const recode = (text: string, from: string, to: string) => (buffers.from(text, from) as Shown).toString(to);
  return {
    atob: (text) => {
      const signs = String(text).replaceAll(/[\t\n\f\r ]/g, '');
      const plain = signs.length % 4 === 0 ? signs.replace(/={1,2}$/, '') : signs;
      if (plain.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(plain)) {
        throw new errorType('The string to be decoded is not correctly encoded.', 'InvalidCharacterError');
      }
      return recode(plain, 'base64', 'latin1');
    },
    btoa: (text) => {
      const bytes = String(text);
      if (!/^[\0-\xff]*$/.test(bytes)) throw new errorType('Invalid character', 'InvalidCharacterError');
      return recode(bytes, 'latin1', 'base64');
    },
  };
}
