import type { Limits } from './limits.ts';
import type { Program } from './program.ts';
import type { Outcome, Usage } from './verdict.ts';

/** One program for a child to run; a line of JSON on its standard input. */
export interface Job {
  readonly program: Program;
  readonly limits: Limits;
  /** Secret of this run: the last line of the tests hands it over, so its return proves that the line ran. */
  readonly nonce: string;
}

/** The outcomes that a child can tell of; `finished` becomes `passed` only when its proof equals the nonce. */
export type ChildOutcome =
  { readonly outcome: 'finished'; readonly proof: string } | Exclude<Outcome, { outcome: 'passed' }>;

/** What a child writes, each a line of JSON on descriptor {@link replyDescriptor}. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly engine: string }
  | { readonly type: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | {
      readonly type: 'done';
      readonly result: ChildOutcome;
      readonly usage: Usage;
      /** Whether the child is fit for another program. */
      readonly reusable: boolean;
    };

/** Number of the child's descriptor for replies, out of the way of anything a library prints. */
export const replyDescriptor = 3;
/** Number of the child's descriptor for the file that was prepared for it. */
export const preparedDescriptor = 4;
