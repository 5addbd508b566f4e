import { stoppingError } from '../middleware/end-on-stop.ts';

/** Time for calls ended by the drain deadline to send their status. */
const GOODBYE_MS = 1000;

/** Stops a server: no new calls, `drainMs` for those in flight, then `expired` ends the rest with UNAVAILABLE. */
export async function drain(
  server: { shutdown(): Promise<void>; forceShutdown(): void },
  options: { readonly drainMs: number; readonly expired: AbortController },
): Promise<void> {
  const finished = server.shutdown().then(() => true);
  if (await within(finished, options.drainMs)) return;
  options.expired.abort(stoppingError());
  if (await within(finished, GOODBYE_MS)) return;
  server.forceShutdown();
  await finished;
}

async function within(finished: Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, timeoutMs, false);
  try {
    return await Promise.race([finished, late]);
  } finally {
    clearTimeout(timer);
  }
}
