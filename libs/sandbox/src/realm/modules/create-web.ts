import type { BufferType } from './create-buffer.ts';

/** Errors of the web's functions, distinguished by name. */
export type WebErrorType = new (message?: unknown, name?: unknown) => Error;

/** Builds an unchangeable `DOMException`. Runs inside the isolate from its source text. */
export function createWebError(): WebErrorType {
  const { freeze, defineProperties } = Object;
  const toText = String;
  const codes: Readonly<Record<string, number>> = freeze({
    __proto__: null,
    InvalidCharacterError: 5,
    DataCloneError: 25,
  } as unknown as Record<string, number>);
  class DOMException extends Error {
    constructor(message: unknown = '', name: unknown = 'Error') {
      const shown = toText(name);
      super(toText(message));
      defineProperties(this, {
        name: { value: shown, configurable: true },
        code: { value: codes[shown] ?? 0, configurable: true },
      });
    }
  }
  // As a tag of its own it equals no other error, whatever the two say.
  defineProperties(DOMException.prototype, {
    [Symbol.toStringTag]: { value: 'DOMException', configurable: true },
  });
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
