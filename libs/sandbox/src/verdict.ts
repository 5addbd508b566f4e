import type { Limits } from './limits.ts';

/** The outcome of a program. All but `sandbox-error` are facts about the program. */
export type Outcome =
  | { readonly outcome: 'passed' }
  | {
      readonly outcome: 'failed';
      /**
       * `assertion`: a test's expectation did not hold; `wrong-output`: its output differs from the expected one; `exception`:
       * any other exception, or tests that never end.
       */
      readonly kind: 'assertion' | 'exception' | 'wrong-output';
      readonly message: string;
      /** Lines of the program and its tests only. */
      readonly stack: string;
    }
  | { readonly outcome: 'syntax-error'; readonly where: 'code' | 'tests'; readonly message: string }
  | { readonly outcome: 'timed-out'; readonly clock: 'wall' | 'cpu'; readonly limitMs: number }
  | { readonly outcome: 'out-of-memory'; readonly limitMiB: number }
  | { readonly outcome: 'output-limit'; readonly limitBytes: number }
  /** The sandbox broke, twice: never a statement about the program, never a label. */
  | { readonly outcome: 'sandbox-error'; readonly message: string };

/** The usage of a run, as far as it could be measured. */
export interface Usage {
  readonly wallTimeMs: number;
  readonly cpuTimeMs: number;
  /** The isolate's heap and array buffers at the end; for a killed program the growth of its process. */
  readonly memoryMiB: number;
}

/** An outcome with everything needed to trust and repeat it. */
export type Verdict = Outcome &
  Usage & {
    /** The last 4,096 characters of each stream. */
    readonly stdout: string;
    readonly stderr: string;
    readonly limits: Limits;
    /** Engine and version, e.g. `v8 13.6.233.17 (node 24.21.0)`. */
    readonly engine: string;
  };
