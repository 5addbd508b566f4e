import { SipfError } from '@sipf/errors';

/** What every call that waits accepts. */
export interface CallOptions {
  /** Ends the call early; its error is a SipfError of kind `cancelled`. */
  readonly signal?: AbortSignal;
  /** Longest time the call may take, in milliseconds. @default no limit */
  readonly timeoutMs?: number;
}

/** One signal for both ways a call can end early; undefined when neither is set. */
export function callSignal(options: CallOptions): AbortSignal | undefined {
  if (options.timeoutMs === undefined) return options.signal;
  const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(options.timeoutMs)));
  return options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
}

/** The error of a call whose signal fired: `deadline-exceeded` for a timeout, `cancelled` otherwise. */
export function abortError(signal: AbortSignal): SipfError {
  const reason: unknown = signal.reason;
  if (reason instanceof SipfError) return reason;
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new SipfError('deadline-exceeded', 'the call did not finish within its time limit', {
      reason: 'DEADLINE_EXCEEDED',
    });
  }
  return new SipfError('cancelled', 'the call was cancelled', { reason: 'CANCELLED', cause: reason });
}

/** @throws SipfError as {@link abortError} when the signal has fired */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}
