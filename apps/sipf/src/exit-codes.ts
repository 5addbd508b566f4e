import { SipfError, type ErrorKind } from '@sipf/errors';
import { isAbortError } from 'abort-controller-x';

/** Exit statuses of every command; the services use the same numbers (sysexits.h). */
export const EXIT = {
  ok: 0,
  /** The run ended as failed, or a row could not be done, or `doctor` found a fault. */
  failed: 1,
  /** Wrong flags, configuration, files or ids: calling again as before fails again. */
  usage: 64,
  /** A service did not start, went away or is full. */
  unavailable: 69,
  /** A bug. */
  internal: 70,
  /** The service does not let this caller in. */
  forbidden: 77,
  cancelled: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF_KIND = {
  'invalid-argument': EXIT.usage,
  unauthenticated: EXIT.forbidden,
  'permission-denied': EXIT.forbidden,
  'not-found': EXIT.usage,
  'already-exists': EXIT.usage,
  'failed-precondition': EXIT.usage,
  'resource-exhausted': EXIT.unavailable,
  unavailable: EXIT.unavailable,
  'deadline-exceeded': EXIT.unavailable,
  cancelled: EXIT.cancelled,
  'data-loss': EXIT.failed,
  unimplemented: EXIT.usage,
} as const satisfies Record<ErrorKind, ExitCode>;

/** The exit status of a command that ended with this error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof SipfError) return EXIT_OF_KIND[error.kind];
  return isAbortError(error) ? EXIT.cancelled : EXIT.internal;
}
