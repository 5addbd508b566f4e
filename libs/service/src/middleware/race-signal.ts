import type { MessageGenerator } from '../message-generator.ts';

/**
 * Drives a call's generator until it ends or `signal` aborts, whichever is first; on abort the signal's reason is
 * thrown at once, and the generator is left to notice the abort by itself.
 */
export async function* raceSignal<Response>(
  generator: MessageGenerator<Response>,
  signal: AbortSignal,
): MessageGenerator<Response> {
  const { aborted, release } = whenAborted(signal);
  let settled = false;
  try {
    while (true) {
      const result = await Promise.race([aborted, generator.next()]);
      if (result.done === true) {
        settled = true;
        return result.value;
      }
      yield result.value;
    }
  } finally {
    release();
    if (!settled) generator.return(undefined).catch(ignore);
  }
}

/** A promise that rejects with the signal's reason, and the function that lets go of the signal. */
function whenAborted(signal: AbortSignal): { aborted: Promise<never>; release: () => void } {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(ignore);
  const onAbort = (): void => {
    reject(signal.reason as Error);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    aborted,
    release: () => {
      signal.removeEventListener('abort', onAbort);
    },
  };
}

/** The call is over for the caller; how an abandoned handler ends is nobody's business any more. */
function ignore(): void {
  // Nothing to do.
}
