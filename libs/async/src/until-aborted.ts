/**
 * What `promise` resolves to, or the signal's abort, whichever is first. The signal is let go once the promise has settled, so
 * that one signal serves any number of waits.
 * @throws the signal's reason as soon as it aborts; a later failure of the promise is ignored
 */
export function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    const release = (): void => {
      signal.removeEventListener('abort', abort);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).then(release, release);
  });
}

/** What `promise` resolves to, or undefined as soon as `signal` aborts; a later failure is ignored. */
export async function untilAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await orAborted(promise, signal);
  } catch (error) {
    if (isAborted(signal)) return undefined;
    throw error;
  }
}

/** `signal.aborted`, as it is at this moment: the compiler takes the property for unchanged across an await. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
