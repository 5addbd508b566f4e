import type { ClientSecurity } from './client-security.ts';
import type { RetryPolicy } from './retry-calls.ts';

/** Options of one call, besides nice-grpc's `metadata`, `onHeader` and `onTrailer`. */
export interface CallOptions {
  /** Time for the whole call, retries included; `Infinity` for none. @default the client's `deadlineMs` */
  readonly deadlineMs?: number;
  /** Whether the call may be retried. @default by the proto's `idempotency_level`, else the client's `idempotent` */
  readonly idempotent?: boolean;
  /** Cancels the call, here and on the server; the call then rejects with an AbortError. */
  readonly signal?: AbortSignal;
}

/** Settings of a client. */
export interface ClientOptions extends ClientSecurity {
  /** @default 60_000 */
  readonly deadlineMs?: number;
  /** Whether every method may be retried; a call's own `idempotent` wins. @default false */
  readonly idempotent?: boolean;
  readonly retry?: Partial<RetryPolicy>;
  /** Cancels every call of this client. */
  readonly signal?: AbortSignal;
  /** Largest response message. @default 64 MiB */
  readonly maxResponseBytes?: number;
}
