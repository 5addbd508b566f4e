import type { ErrorKind } from '@sipf/errors';
import { Status } from 'nice-grpc';

/** The one gRPC status of each kind of error; no two kinds share a status, so the way back is unambiguous. */
export const STATUS_OF_KIND = {
  'invalid-argument': Status.INVALID_ARGUMENT,
  unauthenticated: Status.UNAUTHENTICATED,
  'permission-denied': Status.PERMISSION_DENIED,
  'not-found': Status.NOT_FOUND,
  'already-exists': Status.ALREADY_EXISTS,
  'failed-precondition': Status.FAILED_PRECONDITION,
  'resource-exhausted': Status.RESOURCE_EXHAUSTED,
  unavailable: Status.UNAVAILABLE,
  'deadline-exceeded': Status.DEADLINE_EXCEEDED,
  cancelled: Status.CANCELLED,
  'data-loss': Status.DATA_LOSS,
  unimplemented: Status.UNIMPLEMENTED,
} as const satisfies Record<ErrorKind, Status>;

const kindOfStatus = new Map(
  Object.entries(STATUS_OF_KIND).map(([kind, status]) => [status as Status, kind as ErrorKind]),
);

/** The kind of a status; undefined for those that no SipfError maps to (INTERNAL, UNKNOWN, ...). */
export function kindOfStatusCode(status: Status): ErrorKind | undefined {
  return kindOfStatus.get(status);
}
