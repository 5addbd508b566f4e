import { SipfError } from '@sipf/errors';

/** A failure in a log: one that is expected without its stack, which would say where on this machine the program lies. */
export function logFields(error: unknown): object {
  return error instanceof SipfError ? { reason: error.reason, cause: error.message } : { err: error };
}
