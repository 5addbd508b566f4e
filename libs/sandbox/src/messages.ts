import type { Limits } from './limits.ts';
import type { Program } from './program.ts';
import type { Outcome, Usage } from './verdict.ts';

/** One program for a child to run; a line of JSON on its standard input. */
export interface Job {
  readonly program: Program;
  readonly limits: Limits;
  /** Secret of this run: only the last line of the tests returns it, which proves that the line ran. */
  readonly nonce: string;
}

/** The outcomes that a child reports; `finished` becomes `passed` only when its proof equals the nonce. */
export type ChildOutcome =
  | { readonly outcome: 'finished'; readonly proof: string }
  | Exclude<Outcome, { outcome: 'passed' }>;

/** A child's messages, each a line of JSON on descriptor {@link replyDescriptor}. */
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

/** The child's descriptor for replies, separate from anything that a library prints. */
export const replyDescriptor = 3;
/** The child's descriptor of its prepared file. */
export const preparedDescriptor = 4;
