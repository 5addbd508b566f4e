import type { VirtualTimers } from './create-timers.ts';
import type { Modules } from './modules/create-modules.ts';

/** What a program finds and leaves as a module of CommonJS. */
export interface ProgramGlobals {
  /** Runs a program as Node runs a module of CommonJS: a function of what it finds, whose `this` is what it exports. */
  readonly run: (program: (...found: readonly unknown[]) => unknown) => void;
  /** Makes what the program exports visible to its tests by name, where it declared nothing of that name. */
  readonly offerExports: () => void;
  /** Called by the last line of a program that is a module: its names, each with a way to read it. */
  readonly finish: (names: Readonly<Record<string, () => unknown>>) => void;
  readonly isFinished: () => boolean;
}

/**
 * Puts the globals of Node into the realm; those that few programs use are made when they are first read.
 * Runs inside the isolate from its source text.
 * @param isMain whether the program is what was started, rather than required by tests: `require.main === module`
 */
export function createProgramGlobals(
  { require: load, importModule, globals }: Modules,
  { runTicks }: VirtualTimers,
  isMain: boolean,
): ProgramGlobals {
  const { apply, defineProperty, ownKeys, getOwnPropertyDescriptor } = Reflect;
  const realm = globalThis;
  const offer = (name: string, value: unknown) =>
    defineProperty(realm, name, {
      __proto__: null,
      value,
      writable: true,
      enumerable: false,
      configurable: true,
    } as PropertyDescriptor);
  const offerRead = (name: string, read: () => unknown) =>
    defineProperty(realm, name, {
      __proto__: null,
      get: read,
      set: (value: unknown) => offer(name, value),
      enumerable: false,
      configurable: true,
    } as PropertyDescriptor);
  for (const name of ownKeys(globals) as string[]) offerRead(name, globals[name] as () => unknown);

  const module = { exports: {}, id: '.', filename: '/program.js', loaded: false, children: [], paths: [] };
  const require = Object.assign((name: unknown) => load(name), {
    main: isMain ? module : undefined,
    cache: {},
    resolve: (name: unknown) => {
      load(name);
      return name;
    },
  });
  offer('require', require);
  offer('module', module);
  offer('exports', module.exports);
  offer('__filename', '/program.js');
  offer('__dirname', '/');
  offer('global', realm);
  // Replaces `import(...)`, which the engine cannot answer here; equally long, so that positions stay.
  offer('$load_', importModule);
  const filename = '/program.js';
  // Replaces `import.meta`, likewise.
  offer('$meta______', { __proto__: null, dirname: '/', filename, main: isMain, url: `file://${filename}` });

  const isFree = (name: PropertyKey) => getOwnPropertyDescriptor(realm, name) === undefined;
  let isFinished = false;
  return {
    run: (program) => {
      const { exports, filename } = module;
      apply(program, exports, [exports, require, module, filename, '/']);
      runTicks();
    },
    offerExports: () => {
      const { exports } = module as { exports: unknown };
      if (typeof exports === 'function' && isFree(exports.name)) offer(exports.name, exports);
      if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return;
      for (const key of ownKeys(exports)) {
        if (typeof key !== 'string' || !isFree(key)) continue;
        if (getOwnPropertyDescriptor(exports, key)?.enumerable !== true) continue;
        offerRead(key, () => (exports as Record<string, unknown>)[key]);
      }
    },
    finish: (named) => {
      for (const name of ownKeys(named) as string[]) offerRead(name, named[name] as () => unknown);
      isFinished = true;
    },
    isFinished: () => isFinished,
  };
}
