import { ChangeSignal, FairGate, isAborted, untilAborted } from '@sipf/async';
import { catchAbortError, delay } from 'abort-controller-x';
import type { EventLog, OutgoingEvent, Subscription } from '../event-bus.ts';
import { createSubjectFilter } from '../subject-filter.ts';
import type { FullSubscribeOptions } from '../with-defaults.ts';
import type { EventLogBuffer } from './event-log-buffer.ts';

/** The position of one durable name, and the turn of its subscribers: one event at a time, in order. */
export class DurableQueue {
  readonly #buffer: EventLogBuffer;
  readonly #log: EventLog;
  readonly #durable: string;
  #position: number;
  #deliveries = 0;
  /** The subscriber whose turn it is holds this until its event is settled. */
  readonly #turn = new FairGate(1);
  readonly #published = new ChangeSignal();

  constructor(options: {
    readonly buffer: EventLogBuffer;
    readonly log: EventLog;
    readonly durable: string;
    readonly position: number;
  }) {
    this.#buffer = options.buffer;
    this.#log = options.log;
    this.#durable = options.durable;
    this.#position = options.position;
  }

  /** Wakes subscribers that wait: something was published. */
  wake(): void {
    this.#published.notify();
  }

  subscribe(options: FullSubscribeOptions): Subscription {
    const stopping = new AbortController();
    const finished = this.#run(options, stopping.signal);
    return {
      async stop() {
        stopping.abort();
        await finished;
      },
    };
  }

  async #run(options: FullSubscribeOptions, signal: AbortSignal): Promise<void> {
    const matches = createSubjectFilter(options.subjects);
    while (!signal.aborted) {
      const { changed } = this.#published;
      // Fails only if the subscription is stopped.
      const leave = await this.#turn.enter(1, { signal }).catch(() => undefined);
      if (leave === undefined) return;
      const retry = await this.#deliverNext({ ...options, matches, signal }).finally(leave);
      if (retry === 'nothing') await untilAborted(changed, signal);
      else if (retry === 'again') await delay(signal, options.retryDelayMs).catch(catchAbortError);
    }
  }

  async #deliverNext(
    options: FullSubscribeOptions & {
      readonly matches: (subject: string) => boolean;
      readonly signal: AbortSignal;
    },
  ): Promise<'nothing' | 'next' | 'again'> {
    const event = this.#skipTo(options.matches);
    if (event === undefined || options.signal.aborted) return 'nothing';
    this.#deliveries += 1;
    const delivery = this.#deliveries;
    try {
      const payload = event.payload.slice();
      const pending = this.#buffer.end - this.#position - 1;
      await options.handler({ ...event, payload, delivery, pending }, { signal: options.signal });
    } catch (error) {
      if (isAborted(options.signal)) return 'nothing';
      if (delivery < options.maxDeliver) return 'again';
      const facts = { durable: this.#durable, subject: event.subject, id: event.id, delivery, err: error };
      this.#log.error(facts, 'event given up as a dead letter');
    }
    this.#advance();
    return 'next';
  }

  /** The event at the position, after those that are not this name's. */
  #skipTo(matches: (subject: string) => boolean): OutgoingEvent | undefined {
    if (this.#position < this.#buffer.start) {
      const lost = this.#buffer.start - this.#position;
      this.#log.warn({ durable: this.#durable, lost }, 'events were forgotten before they were delivered');
      this.#position = this.#buffer.start;
      this.#deliveries = 0;
    }
    for (;;) {
      const event = this.#buffer.at(this.#position);
      if (event === undefined || matches(event.subject)) return event;
      this.#advance();
    }
  }

  #advance(): void {
    this.#position += 1;
    this.#deliveries = 0;
  }
}
