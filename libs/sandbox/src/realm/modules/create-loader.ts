import type { Inspect } from '../create-inspect.ts';

/** How programs come by modules. */
export interface Loader {
  readonly require: (name: unknown) => unknown;
  /** What `import()` does. */
  readonly importModule: (name: unknown) => Promise<object>;
  /** What a module gives to `import { … }`, of prototypes too, as of `process`. */
  readonly keysOf: (name: string) => readonly string[];
  /** The names of modules, without `node:`. */
  readonly names: readonly string[];
}

/** Builds {@link Loader} of modules by name. Runs inside the isolate from its source text. */
export function createLoader(modules: Record<string, () => unknown>, inspect: Inspect): Loader {
  const names = Object.keys(modules);
  const missing = (name: unknown) => {
    if (typeof name !== 'string') {
      const error = new TypeError(`The "id" argument must be of type string. Received ${inspect(name)}`);
      return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
    }
    const error = new Error(`Cannot find module '${name}'\nThere are only ${names.join(', ')}`);
    return Object.assign(error, { code: 'MODULE_NOT_FOUND' });
  };
  const require = (name: unknown) => {
    const key = typeof name === 'string' ? name.replace(/^node:/, '') : '';
    if (!Object.hasOwn(modules, key)) throw missing(name);
    return modules[key]?.();
  };
  const keysOf = (name: string) => {
    const module = require(name) as object;
    const keys = new Set(Object.keys(module));
    const ends: unknown[] = [null, Object.prototype, Function.prototype];
    for (
      let at = Reflect.getPrototypeOf(module);
      !ends.includes(at);
      at = Reflect.getPrototypeOf(at as object)
    ) {
      for (const key of Object.getOwnPropertyNames(at)) keys.add(key);
    }
    keys.delete('constructor');
    return [...keys];
  };
  const importModule = async (name: unknown) => {
    const found = require(name) as Record<string, unknown>;
    const members = keysOf(name as string).map((key) => [key, found[key]] as const);
    return await Promise.resolve(
      Object.assign({ __proto__: null }, Object.fromEntries(members), { default: found }),
    );
  };
  return { require, importModule, keysOf, names };
}
