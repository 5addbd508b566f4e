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
import { createAdmission } from './admission.ts';

/** Which calls are counted and how many there may be. */
export interface AdmitCallsOptions {
  readonly maxCalls: number;
  /** Whether a method (`/package.Service/Method`) counts; others are always let in. */
  readonly counts: (path: string) => boolean;
  readonly registry: Registry;
}

/**
 * Refuses calls beyond the limit with RESOURCE_EXHAUSTED, QUEUE_FULL and a time to come back, where it can before their
 * message is received, let alone decoded: refusing must stay cheap when there is most of it. A call has a place from its
 * first message on, so that whoever opens calls and sends nothing keeps nobody out.
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
    const refuse = (): void => {
      refused.inc();
      call.sendStatus(refusal(maxCalls, admission.retryAfterMs()));
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, pass) => {
        if (admission.isFull) refuse();
        else pass(metadata);
      })
      .withOnReceiveMessage((message, pass) => {
        leave ??= admission.enter();
        if (leave === undefined) refuse();
        else pass(message);
      })
      // Called at the end of every call, however it ends.
      .withOnCancel(() => leave?.());
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(listener.build());
      },
    });
  };
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
  return { code: status.RESOURCE_EXHAUSTED, details: error.details, metadata };
}
