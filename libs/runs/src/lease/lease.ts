import { SipfError } from '@sipf/errors';
import { describeHolder, type Holder } from './holder.ts';

/** The right to be the only writer of something, as long as nobody with a higher epoch has taken it. */
export interface Lease {
  /** Higher than that of every holder before; what is written, and every order, carries it. */
  readonly epoch: number;
  /**
   * Whether a holder before this one was given up for its silence, and may still run: it may have files open, so that what
   * it had is continued in a new file of the same name.
   */
  readonly isContested: boolean;
  /** Aborts with LEASE_LOST when somebody else has taken it. */
  readonly lost: AbortSignal;
  /** Why it could not be renewed at the last attempt; undefined where it was, or needs no server. */
  readonly trouble?: string | undefined;
  /** Resolves while nobody else has taken it. @throws SipfError LEASE_LOST */
  check(): Promise<void>;
  /**
   * Whether it is sure that nobody has, for what may not wait; where it is not, `check` finds out.
   * @throws SipfError LEASE_LOST
   */
  checkNow(): boolean;
  /** Gives it up, so that the next one need not wait. */
  release(): Promise<void>;
}

/** What was taken over since by a holder of a higher epoch: nothing may be written any more. */
export function leaseLost(what: string): SipfError {
  const message = `${what} was taken over by another process, because this one was silent for long: it writes nothing more`;
  return new SipfError('failed-precondition', message, { reason: 'LEASE_LOST' });
}

/** Whether an error says that a lease was lost. */
export function isLeaseLost(error: unknown): boolean {
  return error instanceof SipfError && error.reason === 'LEASE_LOST';
}

/** The error for what somebody else holds. */
export function inUse(what: string, holder: Holder | 'unknown' | undefined): SipfError {
  const who = typeof holder === 'object' ? describeHolder(holder) : 'another process';
  return new SipfError('failed-precondition', `${what} is held by ${who}`, { reason: 'RUN_IN_USE' });
}
