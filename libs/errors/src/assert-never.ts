/** Closes a union: the compiler rejects the call while a case is unhandled. */
export function assertNever(value: never): never {
  throw new TypeError(`unhandled case: ${JSON.stringify(value)}`);
}
