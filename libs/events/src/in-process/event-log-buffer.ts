import type { OutgoingEvent } from '../event-bus.ts';

/** The last events published, by position; the id of each is remembered as long as the event. */
export class EventLogBuffer {
  readonly #capacity: number;
  readonly #ids = new Set<string>();
  readonly #events: OutgoingEvent[] = [];
  #start = 0;

  /** @param capacity events kept; older ones are forgotten with their ids */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Position of the oldest event kept. */
  get start(): number {
    return this.#start;
  }

  /** Position that the next event will have. */
  get end(): number {
    return this.#start + this.#events.length;
  }

  at(position: number): OutgoingEvent | undefined {
    return this.#events[position - this.#start];
  }

  /** Appends a copy; false when an event of this id is there already. */
  append(event: OutgoingEvent): boolean {
    const { id, payload } = event;
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    this.#events.push({ ...event, payload: payload.slice() });
    if (this.#events.length > this.#capacity) {
      const oldest = this.#events.shift();
      if (oldest !== undefined) this.#ids.delete(oldest.id);
      this.#start += 1;
    }
    return true;
  }
}
