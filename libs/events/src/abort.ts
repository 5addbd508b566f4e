import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or returns at once when `signal` aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** `signal.aborted`, as it is at this moment: the compiler takes the property for unchanged across an await. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** What `promise` resolves to, or undefined as soon as `signal` aborts; a later failure is then nobody's business. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = (): void => {
    resolve(undefined);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    promise.catch(() => undefined);
  }
}
