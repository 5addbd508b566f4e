import { SipfError } from '@sipf/errors';
import type { EndpointFailures } from '@sipf/openai';

/** When a caller may come back to a server that was busy at every attempt. */
const COME_BACK_MS = 5000;

/** The errors that this service's callers get for a server that fails. @param host for people */
export function backendFailures(host: string): EndpointFailures {
  return {
    gaveUp: ({ kind, why }, attempts) => {
      const message = `the backend ${host} gave no answer in ${attempts} attempts; the last time: ${why}`;
      if (kind === 'invalid')
        return new SipfError('unavailable', message, { reason: 'BACKEND_ANSWER_INVALID' });
      if (kind === 'unavailable')
        return new SipfError('unavailable', message, { reason: 'BACKEND_UNAVAILABLE' });
      const options = { reason: 'BACKEND_UNAVAILABLE', retryAfterMs: COME_BACK_MS };
      return new SipfError('resource-exhausted', message, options);
    },
    refused: ({ status, said }) =>
      new SipfError(
        'failed-precondition',
        `the backend ${host} refuses the request (status ${status}): ${said}`,
        { reason: 'BACKEND_REFUSED', metadata: { status: String(status) } },
      ),
  };
}

/** Whether the server knows no such model. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof SipfError && error.reason === 'BACKEND_REFUSED' && error.metadata['status'] === '404'
  );
}

/** Whether the server took the request for wrong. */
export function isRefused(error: unknown): error is SipfError {
  return error instanceof SipfError && error.reason === 'BACKEND_REFUSED';
}

/** Whether vLLM holds the adapter already; its older versions lack a space. */
export function isLoadedAlready(error: unknown): boolean {
  return isRefused(error) && /has already been ?loaded/.test(error.message);
}

/** Whether vLLM's resolver found an adapter that its engine then did not take; it keeps the reason to its log. */
export function isUnloadable(error: unknown): boolean {
  return isRefused(error) && /was found but could not be loaded/.test(error.message);
}

/** vLLM's word for an adapter that it cannot load, e.g. of too high a rank; without its engine nothing is certain. */
export function isLoadRefusal(status: number, said: string): boolean {
  return status === 500 && /lora|adapter/i.test(said) && !/EngineCore|EngineDead/.test(said);
}
