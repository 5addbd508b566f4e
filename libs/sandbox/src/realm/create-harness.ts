import type { AssertKit } from './create-assert.ts';
import type { Inspect } from './create-inspect.ts';
import type { VirtualTimers } from './create-timers.ts';

/** What the tests came to, as told by the code around them inside the isolate. */
export type RealmReport =
  | { readonly status: 'finished'; readonly proof: string }
  | {
      readonly status: 'failed';
      readonly kind: 'assertion' | 'exception';
      readonly message: string;
      readonly stack: string;
    }
  | { readonly status: 'unfinished' };

/** Takes the tests' function first, then nothing; undefined means that promises or timers still have work: call again. */
export type Turn = (tests?: TestsFactory) => RealmReport | undefined;

/** The tests, compiled: given the names they may rely on, a function whose promise resolves to the proof after the last line. */
export type TestsFactory = (...pristine: readonly unknown[]) => () => Promise<unknown>;

/** What the harness is put together from. */
export interface HarnessParts {
  readonly pristine: readonly unknown[];
  readonly tests: AssertKit;
  readonly timers: VirtualTimers;
  readonly inspect: Inspect;
}

/** Builds the function that the child drives the tests with. Runs inside the isolate from its source text. */
export function createHarness({ pristine, tests, timers, inspect }: HarnessParts): Turn {
  const errorType = Error;
  const { apply } = Reflect;
  const maxChars = 4000;
  let outcome: RealmReport | undefined;

  const readText = (error: object, key: string, fallback: string) => {
    try {
      const value = (error as Record<string, unknown>)[key];
      return typeof value === 'string' ? value.slice(0, maxChars) : fallback;
    } catch {
      return fallback;
    }
  };
  const describe = (error: unknown): RealmReport => {
    if (typeof error !== 'object' || error === null || !(error instanceof errorType)) {
      return {
        status: 'failed',
        kind: 'exception',
        message: `thrown: ${inspect(error)}`.slice(0, maxChars),
        stack: '',
      };
    }
    const name = readText(error, 'name', 'Error');
    const text = readText(error, 'message', '');
    const kind = error === tests.firstFailure() || name === 'AssertionError' ? 'assertion' : 'exception';
    return { status: 'failed', kind, message: `${name}: ${text}`, stack: readText(error, 'stack', '') };
  };
  const start = async (factory: TestsFactory) => {
    try {
      const proof = await apply(factory, undefined, pristine)();
      outcome ??= { status: 'finished', proof: typeof proof === 'string' ? proof : '' };
    } catch (error) {
      outcome ??= describe(error);
    }
  };
  return (factory) => {
    if (factory !== undefined) {
      void start(factory);
      return undefined;
    }
    if (outcome?.status === 'failed') return outcome;
    try {
      if (timers.runNext()) return undefined;
    } catch (error) {
      return describe(error);
    }
    const swallowed = tests.firstFailure();
    return swallowed === undefined ? (outcome ?? { status: 'unfinished' }) : describe(swallowed);
  };
}
