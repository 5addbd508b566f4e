import { SipfError, storageTrouble, type SipfErrorOptions, type ErrorKind } from '@sipf/errors';

/** What the owner of a worker sends. */
export type WorkerRequest =
  | {
      readonly type: 'call';
      readonly callId: number;
      readonly method: string;
      readonly payload: unknown;
    }
  | { readonly type: 'cancel'; readonly callId: number }
  | { readonly type: 'close' };

/** What a worker answers; every call ends with exactly one `done` or `failed`, unless the worker dies. */
export type WorkerReply =
  | { readonly type: 'item'; readonly callId: number; readonly item: unknown }
  | { readonly type: 'done'; readonly callId: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly callId: number; readonly error: WireError };

/** An error in a form that survives structured cloning; `expected` are SipfErrors, anything else is a bug. */
export type WireError =
  | {
      readonly type: 'expected';
      readonly kind: ErrorKind;
      readonly message: string;
      readonly options: SipfErrorOptions;
    }
  | { readonly type: 'unexpected'; readonly message: string; readonly stack: string };

/** The error's transferable form. */
export function toWireError(error: unknown): WireError {
  if (error instanceof SipfError) {
    const { reason, violations, retryAfterMs, metadata } = error;
    const options = { reason, violations, metadata, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    return { type: 'expected', kind: error.kind, message: error.message, options };
  }
  // Known by its code, which would not survive.
  const trouble = storageTrouble('the service', error);
  if (trouble !== undefined) return toWireError(trouble);
  if (error instanceof Error) {
    return { type: 'unexpected', message: error.message, stack: error.stack ?? '' };
  }
  return { type: 'unexpected', message: String(error), stack: '' };
}

/** The error as it was thrown in the worker: kind, reason and violations kept, stacks named as the worker's. */
export function fromWireError(error: WireError): Error {
  if (error.type === 'expected') return new SipfError(error.kind, error.message, error.options);
  const unexpected = new Error(`in a worker: ${error.message}`);
  unexpected.stack = error.stack;
  return unexpected;
}
