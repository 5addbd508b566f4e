/** An event on its way out. */
export interface OutgoingEvent {
  /** e.g. `sipf.<run>.iteration.<k>.sampled`; build it with `iterationSubject` of `@sipf/contracts`. */
  readonly subject: string;
  /** The run log's id of the entry: the same event published again has the same id and is stored once. */
  readonly id: string;
  readonly payload: Uint8Array;
  /** W3C `traceparent` of the work that publishes it; it travels beside the event and is not part of it. */
  readonly trace?: string;
}

/** An event as a subscriber sees it. */
export interface ReceivedEvent extends OutgoingEvent {
  /** 1 the first time; more when an earlier delivery was not finished. */
  readonly delivery: number;
  /** Events stored after this one that the durable name has not been given yet, its subjects or not. */
  readonly pending: number;
}

/** Does what an event asks for; its return says that the effect is durable, a throw asks for another delivery. */
export type EventHandler = (event: ReceivedEvent, context: { readonly signal: AbortSignal }) => Promise<void>;

/** How a subscriber wants its events. */
export interface SubscribeOptions {
  /**
   * `[a-zA-Z0-9_-]+`: whose position it is. Subscribers of one name share the events between them, and find those
   * published while there was no subscriber.
   */
  readonly durable: string;
  /** Subjects, with `*` for one word and a last `>` for one or more. */
  readonly subjects: readonly string[];
  /** Must be idempotent (see `createApplyOnce`): every event may come twice. Called for one event at a time, in order. */
  readonly handler: EventHandler;
  /** The first event of a new durable name. @default 'all' (everything still kept) */
  readonly from?: 'all' | 'new';
  /** Deliveries of one event before it becomes a dead letter. @default 5 */
  readonly maxDeliver?: number;
  /** Wait before an event is delivered again after its handler threw. @default 1000 */
  readonly retryDelayMs?: number;
  /** After how long without a sign of life of a subscriber its event goes to another one. @default 10_000 */
  readonly ackWaitMs?: number;
  /**
   * After how long without a subscriber the bus may forget the durable name, for names that no later process takes up
   * again; 0 never. The in-process bus forgets with its process. @default 0
   */
  readonly forgetAfterMs?: number;
}

/** A running subscription. */
export interface Subscription {
  /** Aborts the handler at work, waits for it, and keeps the durable name's position. */
  stop(): Promise<void>;
}

/**
 * Publishes and delivers the events of runs, each at least once to every durable name. No event is the truth: that is
 * the run log, from which a publisher sends again what was not accepted.
 */
export interface EventBus {
  readonly kind: 'nats' | 'in-process';
  /**
   * Resolves when the event is stored.
   * @throws SipfError `unavailable` when the bus is away: keep the event and publish it again; `invalid-argument` for
   * subjects outside `sipf.>`.
   */
  publish(event: OutgoingEvent): Promise<void>;
  /** @throws SipfError `invalid-argument` for a malformed durable name or subject. */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Stops every subscription, and lets go of the bus. */
  close(): Promise<void>;
}

/** Where a bus reports events that no caller waits for; a pino logger works. */
export interface EventLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
