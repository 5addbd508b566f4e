import { SipfError, type ErrorKind, type SipfErrorOptions } from './sipf-error.ts';
import { storageTrouble } from './storage-trouble.ts';

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
