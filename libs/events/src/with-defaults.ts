import type { SubscribeOptions } from './event-bus.ts';

/** Options of a subscription with nothing left open. */
export type FullSubscribeOptions = Required<SubscribeOptions>;

export function withDefaults(options: SubscribeOptions): FullSubscribeOptions {
  return { from: 'all', maxDeliver: 5, retryDelayMs: 1000, ackWaitMs: 10_000, forgetAfterMs: 0, ...options };
}
