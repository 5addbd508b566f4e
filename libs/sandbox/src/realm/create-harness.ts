import type { AssertKit } from './create-assert.ts';
import type { Inspect } from './create-inspect.ts';
import type { ProgramGlobals } from './create-program-globals.ts';
import type { VirtualTimers } from './create-timers.ts';
import type { ExitState } from './modules/create-process.ts';

/** The end of the program or its tests, as reported by the code around them inside the isolate. */
export type RealmReport =
  /** The program ran to its end: its tests may begin. */
  | { readonly status: 'ready' }
  | { readonly status: 'finished'; readonly proof: string }
  /** It ended itself, or ended with a status of its own. */
  | { readonly status: 'exited'; readonly code: number }
  | {
      readonly status: 'failed';
      readonly kind: 'assertion' | 'exception';
      readonly message: string;
      readonly stack: string;
    }
  | { readonly status: 'unfinished'; readonly what: 'program' | 'tests' };

/** The tests, compiled: given the names they may rely on, a function whose promise resolves to the proof after the last line. */
type TestsFactory = (...pristine: readonly unknown[]) => () => Promise<unknown>;

/** What the child drives a program with; undefined means that promises or timers still have work: call again. */
export interface Harness {
  /** One turn of a program that is a module, until it is ready. */
  readonly runProgram: () => RealmReport | undefined;
  readonly startTests: (tests: TestsFactory) => void;
  /** One turn of the tests, until they are over. */
  readonly runTests: () => RealmReport | undefined;
  /** The status with which a program ended itself, if it did. */
  readonly exitStatus: () => number | undefined;
}

/** What the harness is put together from. */
export interface HarnessParts {
  /** The names that tests rely on, as they were. */
  readonly pristine: readonly (() => unknown)[];
  readonly tests: AssertKit;
  readonly timers: VirtualTimers;
  readonly inspect: Inspect;
  readonly program: ProgramGlobals;
  /** Of the program and of its tests. */
  readonly exits: readonly [ExitState, ExitState];
}

/** Builds the functions that the child drives a program with. Runs inside the isolate from its source text. */
export function createHarness({ pristine, tests, timers, inspect, program, exits }: HarnessParts): Harness {
  const errorType = Error;
  const { apply } = Reflect;
  const toNumber = Number;
  const [exit, testExit] = exits;
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
    if (exit.status !== undefined) return { status: 'exited', code: exit.status };
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
      const proof = await apply(
        factory,
        undefined,
        pristine.map((read) => read()),
      )();
      outcome ??= { status: 'finished', proof: typeof proof === 'string' ? proof : '' };
    } catch (error) {
      outcome ??= describe(error);
    }
  };
  /** Whether nothing was left to do; reports the exceptions of timers. */
  const runTimer = (): RealmReport | boolean => {
    if (exit.status !== undefined) return { status: 'exited', code: exit.status };
    try {
      return !timers.runNext();
    } catch (error) {
      return describe(error);
    }
  };
  /** The status that one side ends with. */
  const runListeners = (side: ExitState): unknown => {
    for (const listener of side.listeners) {
      side.listeners.delete(listener);
      listener(toNumber(side.code ?? 0) & 0xff);
    }
    return side.code ?? 0;
  };
  /** As a process ends: its listeners first, then its status. */
  const end = (report: RealmReport): RealmReport => {
    if (report.status !== 'finished') return report;
    try {
      const code = (toNumber(runListeners(testExit)) || toNumber(runListeners(exit))) & 0xff;
      return code === 0 ? report : { status: 'exited', code };
    } catch (error) {
      return describe(error);
    }
  };
  return {
    runProgram: () => {
      if (program.isFinished()) return { status: 'ready' };
      const last = runTimer();
      if (typeof last === 'object') return last;
      return last ? { status: 'unfinished', what: 'program' } : undefined;
    },
    startTests: (factory) => {
      program.offerExports();
      void start(factory);
      try {
        timers.runTicks();
      } catch (error) {
        outcome ??= describe(error);
      }
    },
    runTests: () => {
      if (outcome?.status === 'failed') return outcome;
      const last = runTimer();
      if (typeof last === 'object') return last;
      if (!last) return undefined;
      const swallowed = tests.firstFailure();
      if (swallowed !== undefined) return describe(swallowed);
      return end(outcome ?? { status: 'unfinished', what: 'tests' });
    },
    exitStatus: () => exit.status,
  };
}
