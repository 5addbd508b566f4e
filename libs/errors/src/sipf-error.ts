/** What went wrong, in the caller's terms; `libs/service` maps each kind to one gRPC status. */
export type ErrorKind =
  | 'invalid-argument'
  | 'unauthenticated'
  | 'permission-denied'
  | 'not-found'
  | 'already-exists'
  | 'failed-precondition'
  | 'resource-exhausted'
  | 'unavailable'
  | 'deadline-exceeded'
  | 'cancelled'
  | 'data-loss'
  | 'unimplemented';

/** One field of a message or file that is wrong, and why. */
export interface FieldViolation {
  /** Path of the field, e.g. `sampling.temperature`, `train.jsonl:17` or `config.json/hidden_size`. */
  readonly field: string;
  readonly description: string;
}

/** Everything of a {@link SipfError} beside its kind and message. */
export interface SipfErrorOptions {
  /** Stable upper-case word a program can match, e.g. `MODEL_NOT_FOUND`. */
  readonly reason: string;
  readonly violations?: readonly FieldViolation[];
  /** When it is worth trying again, for `resource-exhausted` and `unavailable`. */
  readonly retryAfterMs?: number;
  /** Small facts for the reader of the error, e.g. digests; never secrets or host paths of a server. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * The one error type that the libraries throw on purpose: safe to show to a caller, unlike any other error.
 * The message states the fault, its cause and, if helpful, the remedy.
 */
export class SipfError extends Error {
  override readonly name = 'SipfError';
  readonly kind: ErrorKind;
  readonly reason: string;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(kind: ErrorKind, message: string, options: SipfErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.reason = options.reason;
    this.violations = options.violations ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.metadata = options.metadata ?? {};
  }
}
