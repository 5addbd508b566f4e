import { orAborted } from '@sipf/async';
import type { MessageGenerator } from '../message-generator.ts';

/**
 * Drives a call's generator until it ends or `signal` aborts, whichever is first; on abort the signal's reason is
 * thrown at once, and the generator is left to notice the abort by itself.
 */
export async function* raceSignal<Response>(
  generator: MessageGenerator<Response>,
  signal: AbortSignal,
): MessageGenerator<Response> {
  let settled = false;
  try {
    while (true) {
      const result = await orAborted(generator.next(), signal);
      if (result.done === true) {
        settled = true;
        return result.value;
      }
      yield result.value;
    }
  } finally {
    // An abandoned handler may end in any way.
    if (!settled) generator.return(undefined).catch(() => undefined);
  }
}
