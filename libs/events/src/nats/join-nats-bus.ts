import { isAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { catchAbortError, delay } from 'abort-controller-x';
import type { EventBus, SubscribeOptions, Subscription } from '../event-bus.ts';
import { assertSubject, assertSubscribable } from '../subject-filter.ts';
import { connectNatsBus } from './connect-nats-bus.ts';
import type { NatsBusOptions } from './nats-bus.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
/** How often it is said that there is still no server. */
const SAY_EVERY_MS = 60_000;

/**
 * The bus over NATS, also where no server answers yet: it joins as soon as one does, and until then `publish` fails as it does
 * while a server is away, and subscriptions wait. The first failure and every further minute of it are warnings.
 * @throws SipfError for what waiting does not mend: `invalid-argument`, `unauthenticated`, `failed-precondition`
 */
export async function joinNatsBus(options: NatsBusOptions): Promise<EventBus> {
  try {
    return await connectNatsBus(options);
  } catch (error) {
    if (!isAway(error)) throw error;
    options.log.warn(
      { reason: error.reason },
      `${error.message}: goes on without events, and joins when it can`,
    );
    return new LateBus(options);
  }
}

function isAway(error: unknown): error is SipfError {
  return error instanceof SipfError && error.kind === 'unavailable';
}

/** A subscription that was asked for before there was a server. */
interface Wanted {
  readonly options: SubscribeOptions;
  running?: Subscription;
}

class LateBus implements EventBus {
  readonly kind = 'nats';
  readonly #options: NatsBusOptions;
  readonly #closing = new AbortController();
  readonly #wanted = new Set<Wanted>();
  readonly #joined: Promise<void>;
  #bus: EventBus | undefined;

  constructor(options: NatsBusOptions) {
    this.#options = options;
    this.#joined = this.#join();
  }

  async publish(event: Parameters<EventBus['publish']>[0]): Promise<void> {
    if (this.#bus !== undefined) {
      await this.#bus.publish(event);
      return;
    }
    assertSubject(event.subject);
    throw new SipfError('unavailable', 'no NATS server has answered yet', {
      reason: 'EVENTS_UNAVAILABLE',
      retryAfterMs: 500,
    });
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    if (this.#bus !== undefined) return await this.#bus.subscribe(options);
    assertSubscribable(options.durable, options.subjects);
    const wanted: Wanted = { options };
    this.#wanted.add(wanted);
    return {
      stop: async () => {
        this.#wanted.delete(wanted);
        await wanted.running?.stop();
      },
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#joined;
    await this.#bus?.close();
  }

  async #join(): Promise<void> {
    const { signal } = this.#closing;
    const { log } = this.#options;
    let said = performance.now();
    for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      await delay(signal, wait).catch(catchAbortError);
      if (isAborted(signal)) return;
      try {
        this.#bus ??= await connectNatsBus(this.#options);
        await this.#subscribeWanted(this.#bus);
        log.info({}, 'found the NATS server');
        return;
      } catch (error) {
        if (performance.now() - said < SAY_EVERY_MS) continue;
        said = performance.now();
        log.warn({ err: error }, 'still without a NATS server');
      }
    }
  }

  async #subscribeWanted(bus: EventBus): Promise<void> {
    for (const wanted of this.#wanted) {
      wanted.running ??= await bus.subscribe(wanted.options);
      // It was stopped meanwhile, before it ran.
      if (!this.#wanted.has(wanted)) await wanted.running.stop();
    }
  }
}
