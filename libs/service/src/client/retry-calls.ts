import { delay } from 'abort-controller-x';
import { ClientError, Metadata, type CallOptions, type ClientMiddleware } from 'nice-grpc';
import { isRetryable, retryAfterMsOf } from '../errors/decode-error.ts';
import type { MessageGenerator } from '../message-generator.ts';
import { ATTEMPTS_KEY } from '../retry-metadata.ts';

/** How often and how fast to retry calls. */
export interface RetryPolicy {
  /** Attempts in all. @default 4 */
  readonly attempts: number;
  /** Wait before the second attempt; it doubles with every attempt. @default 100 */
  readonly baseDelayMs: number;
  /** @default 5000 */
  readonly maxDelayMs: number;
  /** Uniform in [0, 1), for the jitter. @default Math.random */
  readonly random: () => number;
}

/** An attempt that took as long and found nobody met a server that is silent. */
const SILENT_MS = 15_000;
/** So many attempts may: their caller is to hear of it within a minute. */
const MAX_SILENT = 2;

/**
 * Retries idempotent calls on UNAVAILABLE, and on RESOURCE_EXHAUSTED with RetryInfo, never before the time in RetryInfo. Sends
 * the number of earlier attempts, so that a full server can reserve a slot. Retries a streamed answer only before its first
 * message, a streamed request never.
 */
export function retryCalls(policy: RetryPolicy): ClientMiddleware<{ readonly idempotent?: boolean }> {
  return async function* retryCalls(call, { idempotent = false, ...options }) {
    if (!idempotent || call.requestStream) return yield* call.next(call.request, options);
    const signal = options.signal ?? new AbortController().signal;
    let silent = 0;
    for (let attempt = 1; ; attempt++) {
      const began = performance.now();
      const state = { delivered: false };
      try {
        return yield* noteDelivery(call.next(call.request, sentBefore(options, attempt - 1)), state);
      } catch (error) {
        if (performance.now() - began >= SILENT_MS) silent += 1;
        const final = state.delivered || attempt >= policy.attempts || silent >= MAX_SILENT;
        if (final || !(error instanceof ClientError) || !isRetryable(error)) throw error;
        await delay(signal, delayMs(policy, attempt, retryAfterMsOf(error)));
      }
    }
  };
}

function sentBefore(options: CallOptions, attempts: number): CallOptions {
  if (attempts === 0) return options;
  const metadata = Metadata(options.metadata);
  metadata.set(ATTEMPTS_KEY, String(attempts));
  return { ...options, metadata };
}

async function* noteDelivery<Response>(
  generator: MessageGenerator<Response>,
  state: { delivered: boolean },
): MessageGenerator<Response> {
  try {
    while (true) {
      const result = await generator.next();
      if (result.done === true) return result.value;
      state.delivered = true;
      yield result.value;
    }
  } finally {
    await generator.return(undefined);
  }
}

/** Exponential backoff with jitter over its upper half; never before the server's hint, with jitter over the quarter after it. */
function delayMs(policy: RetryPolicy, attempt: number, retryAfterMs = 0): number {
  const backoff = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
  const random = policy.random();
  return Math.max(retryAfterMs * (1 + random / 4), (backoff * (1 + random)) / 2);
}
