import { BOUNDS } from '@sipf/contracts';
import { Metadata, type ClientMiddleware } from 'nice-grpc';
import type { DeadlineOptions } from 'nice-grpc-client-middleware-deadline';

/** `grpc-timeout` has at most eight digits. */
const MAX_TIMEOUT_DIGITS = 99_999_999;

/** Sends the deadline to the server, so that both ends give up together. A deadline beyond a timer's range counts as none. */
export const sendDeadline: ClientMiddleware<{ readonly deadlineMs?: number }, DeadlineOptions> =
  async function* sendDeadline(call, { deadlineMs = Infinity, ...options }) {
    if (deadlineMs > BOUNDS.timeoutMs.max) return yield* call.next(call.request, options);
    const bounded = Math.max(0, Math.ceil(deadlineMs));
    const metadata = Metadata(options.metadata);
    metadata.set('grpc-timeout', formatTimeout(bounded));
    return yield* call.next(call.request, { ...options, metadata, deadline: bounded });
  };

function formatTimeout(milliseconds: number): string {
  return milliseconds <= MAX_TIMEOUT_DIGITS ? `${milliseconds}m` : `${Math.ceil(milliseconds / 1000)}S`;
}
