import {
  Metadata,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { SipfError } from '@sipf/errors';
import { Counter, type Registry } from 'prom-client';
import { STATUS_DETAILS_KEY, encodeDetails } from '../errors/encode-details.ts';
import { encodeError } from '../errors/encode-error.ts';
import { ATTEMPTS_KEY, PUSHBACK_KEY } from '../retry-metadata.ts';
import { createAdmission } from './admission.ts';

/** Refusals beyond this number count no further. */
const MOST_ATTEMPTS = 100;

/** Which calls count, and their bound. */
export interface AdmitCallsOptions {
  readonly maxCalls: number;
  /** Whether a method (`/package.Service/Method`) counts; others are always admitted. */
  readonly counts: (path: string) => boolean;
  readonly registry: Registry;
}

/**
 * Refuses calls beyond the limit with RESOURCE_EXHAUSTED, QUEUE_FULL and a retry hint, if possible before their message is
 * received, let alone decoded: refusing must stay cheap under load. A call holds a slot from its first message on, so that
 * opening calls without sending blocks no one. Callers that return when hinted, and send their number of attempts as gRPC's own
 * retries do, go first.
 */
export function admitCalls({ maxCalls, counts, registry }: AdmitCallsOptions): ServerInterceptor {
  const admission = createAdmission({ maxCalls, now: () => performance.now(), random: Math.random });
  const refused = new Counter({
    registers: [registry],
    name: 'sipf_calls_refused_total',
    help: 'Calls refused because the server was at its limit.',
  });
  return ({ path }, call) => {
    if (!counts(path)) return new ServerInterceptingCall(call);
    let leave: (() => void) | undefined;
    let attempts = 0;
    const refuse = (): void => {
      refused.inc();
      call.sendStatus(refusal(maxCalls, admission.refuse(attempts)));
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, pass) => {
        attempts = attemptsOf(metadata);
        if (admission.hasRoom(attempts)) pass(metadata);
        else refuse();
      })
      .withOnReceiveMessage((message, pass) => {
        leave ??= admission.enter(attempts);
        if (leave === undefined) refuse();
        else pass(message);
      })
      // Runs at the end of every call, however it ends.
      .withOnCancel(() => leave?.());
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(listener.build());
      },
    });
  };
}

/** The number of earlier attempts in a call's metadata. */
function attemptsOf(metadata: Metadata): number {
  const [text] = metadata.get(ATTEMPTS_KEY);
  const attempts = Number(text);
  return Number.isInteger(attempts) && attempts > 0 ? Math.min(attempts, MOST_ATTEMPTS) : 0;
}

function refusal(maxCalls: number, retryAfterMs: number) {
  const error = encodeError(
    new SipfError('resource-exhausted', `the server is at its limit of ${maxCalls} calls at once`, {
      reason: 'QUEUE_FULL',
      retryAfterMs,
    }),
  );
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS_KEY, Buffer.from(encodeDetails(error)));
  metadata.set(PUSHBACK_KEY, String(retryAfterMs));
  return { code: status.RESOURCE_EXHAUSTED, details: error.details, metadata };
}
