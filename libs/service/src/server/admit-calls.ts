import {
  type Metadata,
  ServerInterceptingCall,
  ServerListenerBuilder,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Claim } from '@sipf/async';
import { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { Counter, type Registry } from 'prom-client';
import { statusOf } from '../errors/status-of.ts';
import { ATTEMPTS_KEY, PUSHBACK_KEY } from '../retry-metadata.ts';
import { createAdmission, type Admission } from './admission.ts';
import { hostOf } from './host-of.ts';

/** Refusals beyond this number count no further. */
const MOST_ATTEMPTS = 100;

/** Calls that share a bound: those that work, and watches, which last and do nothing. */
export type Bounded = 'calls' | 'watches';

/** Which calls count, and their bound. */
export interface AdmitCallsOptions {
  readonly maxCalls: number;
  /** What a method (`/package.Service/Method`) counts as; undefined for one that is always admitted. */
  readonly countsAs: (path: string) => Bounded | undefined;
  readonly registry: Registry;
}

/**
 * Refuses calls beyond the limit with RESOURCE_EXHAUSTED, QUEUE_FULL and a retry hint, if possible before their message is
 * received, let alone decoded: refusing must stay cheap under load. A call holds a slot while it has work: from its first message
 * on, so that opening calls without sending blocks no one; and a stream whose requests are all answered gives its slot back, and
 * waits for one with its next request. Callers that return when hinted, and send their number of attempts as gRPC's own retries
 * do, go first.
 */
export function admitCalls({ maxCalls, countsAs, registry }: AdmitCallsOptions): ServerInterceptor {
  const admissionOf = (): Admission =>
    createAdmission({ maxCalls, now: () => performance.now(), random: Math.random });
  const admissions = { calls: admissionOf(), watches: admissionOf() };
  const refused = new Counter({
    registers: [registry],
    name: 'sipf_calls_refused_total',
    help: 'Calls refused because the server was at its limit.',
  });
  return ({ path, requestStream, responseStream }, call) => {
    const kind = countsAs(path);
    if (kind === undefined) return new ServerInterceptingCall(call);
    const slot = new Slot(admissions[kind]);
    const answersEach = requestStream && responseStream;
    const refuse = (attempts: number): void => {
      refused.inc();
      call.sendStatus(refusal(`${maxCalls} ${kind}`, admissions[kind].refuse(attempts)));
    };
    let attempts = 0;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, pass) => {
        attempts = attemptsOf(metadata);
        if (admissions[kind].hasRoom(attempts)) pass(metadata);
        else refuse(attempts);
      })
      .withOnReceiveMessage((message, pass) => {
        const isAdmitted = slot.work(claimOf(message, call.getPeer()), attempts, () => {
          pass(message);
        });
        if (!isAdmitted) refuse(attempts);
      })
      // Runs at the end of every call, however it ends.
      .withOnCancel(() => {
        slot.end();
      });
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(listener.build());
      },
      sendMessage: (message, next) => {
        next(message);
        if (answersEach) slot.answered();
      },
    });
  };
}

/** The slot of one call, which it holds while any of its requests is under way. */
class Slot {
  readonly #admission: Admission;
  #requests = 0;
  #isFirst = true;
  #leave: (() => void) | undefined;
  #stopWaiting: (() => void) | undefined;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** Begins a request, at once or, in a stream that has begun, in its turn. @returns false where it is refused */
  work(claim: Claim, attempts: number, begin: () => void): boolean {
    this.#requests += 1;
    if (this.#leave !== undefined) {
      begin();
      return true;
    }
    this.#leave = this.#admission.enter(attempts, claim);
    const isRefused = this.#leave === undefined && this.#isFirst;
    this.#isFirst = false;
    if (isRefused) return false;
    if (this.#leave !== undefined) begin();
    else {
      this.#stopWaiting = this.#admission.wait(claim, (leave) => {
        this.#leave = leave;
        this.#stopWaiting = undefined;
        begin();
      });
    }
    return true;
  }

  answered(): void {
    this.#requests -= 1;
    if (this.#requests <= 0) this.#free();
  }

  end(): void {
    this.#stopWaiting?.();
    this.#free();
  }

  #free(): void {
    this.#leave?.();
    this.#leave = undefined;
  }
}

/** Who asks, by the fields that requests have for it; a caller without a name is its host. */
function claimOf(message: unknown, peer: string): Claim {
  const request = (message ?? {}) as Asked & { readonly request?: Asked };
  const { clientId, priority } = request.request ?? request;
  return {
    priority: priority === common.Priority.BULK ? 'bulk' : 'interactive',
    clientId: clientId === undefined || clientId === '' ? hostOf(peer) : clientId,
  };
}

interface Asked {
  readonly clientId?: string;
  readonly priority?: common.Priority;
}

/** The number of earlier attempts in a call's metadata. */
function attemptsOf(metadata: Metadata): number {
  const [text] = metadata.get(ATTEMPTS_KEY);
  const attempts = Number(text);
  return Number.isInteger(attempts) && attempts > 0 ? Math.min(attempts, MOST_ATTEMPTS) : 0;
}

function refusal(limit: string, retryAfterMs: number) {
  const message = `the server is at its limit of ${limit} at once`;
  const status = statusOf(
    new SipfError('resource-exhausted', message, { reason: 'QUEUE_FULL', retryAfterMs }),
  );
  status.metadata.set(PUSHBACK_KEY, String(retryAfterMs));
  return status;
}
