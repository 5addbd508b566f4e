import { ChangeSignal, untilAborted } from '@sipf/async';
import { isStorageTrouble, SipfError, storageTrouble } from '@sipf/errors';
import { foldEntry, type Lease, type RunEntry, type RunEvent, type RunLog, type RunState } from '@sipf/runs';
import { delay } from 'abort-controller-x';
import type { DeliveredEvent } from '../events/event-book.ts';

/** Between two attempts to continue a run whose disk is full, in milliseconds. */
export const ROOM_MS = 3000;

/** How far a stage has come. */
export interface Progress {
  readonly stage: string;
  readonly iteration: number;
  readonly done: number;
  readonly total: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** Something that a watcher receives. */
export type RunNews =
  | { readonly kind: 'entry'; readonly entry: RunEntry }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'delivered'; readonly event: DeliveredEvent }
  /** What the run waits for from now on; empty once it continues. */
  | { readonly kind: 'waiting'; readonly why: string };

/**
 * A run that this process drives, as watchers see it. Watchers keep a position instead of a queue: a slow one gets
 * every entry, only the latest progress of each stage and only the latest delivery, and holds no memory.
 */
export class ActiveRun {
  readonly #log: RunLog;
  #state: RunState;
  readonly #progress = new Map<string, { readonly version: number; readonly value: Progress }>();
  #version = 0;
  #delivered: DeliveredEvent | undefined;
  #ended = false;
  readonly #change = new ChangeSignal();
  readonly controller = new AbortController();
  readonly #waits = new Map<string, number>();

  /** @param state what the log's entries fold to */
  constructor(log: RunLog, state: RunState) {
    this.#log = log;
    this.#state = state;
    const { lost } = log.lease;
    lost.addEventListener('abort', () => {
      this.controller.abort(lost.reason);
    });
  }

  /** What all that the run leaves is written under. */
  get lease(): Lease {
    return this.#log.lease;
  }

  get entries(): readonly RunEntry[] {
    return this.#log.entries;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Resolves at the next change. */
  get changed(): Promise<undefined> {
    return this.#change.changed;
  }

  /** How far the stages at work have come. */
  get progress(): readonly Progress[] {
    return [...this.#progress.values()].map(({ value }) => value);
  }

  /** What the run waits for before it continues; empty while it continues. */
  get waitsFor(): string {
    return [...this.#waits.keys()].join('; ');
  }

  /**
   * Does what may be done again, and again until there is room for it: a run of days pauses while its disks are full, or its
   * artifact store is away.
   * @param options.signal ends the wait. @default the run's own
   * @param options.onWait called with the reason before every wait
   */
  async whenThereIsRoom<T>(
    work: () => Promise<T>,
    options: {
      readonly signal?: AbortSignal;
      readonly onWait?: (error: unknown) => void;
    } = {},
  ): Promise<T> {
    const { signal = this.controller.signal, onWait } = options;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || !(isStorageTrouble(error) || isStoreAway(error))) throw error;
        onWait?.(error);
        await this.#waitForRoom(error, signal);
      }
    }
  }

  /** Makes known that a part of the run waits. @param why what for @returns says that it goes on; call it once */
  waitFor(why: string): () => void {
    this.#setWaiting(why, 1);
    return () => {
      this.#setWaiting(why, -1);
    };
  }

  async #waitForRoom(error: unknown, signal: AbortSignal): Promise<void> {
    const trouble = storageTrouble('the orchestration service', error) ?? error;
    const goOn = this.waitFor(trouble instanceof Error ? trouble.message : String(trouble));
    await delay(signal, ROOM_MS).finally(goOn);
  }

  /** Counts who waits for what; watchers get one message, not one for every look. */
  #setWaiting(message: string, change: 1 | -1): void {
    const count = (this.#waits.get(message) ?? 0) + change;
    if (count > 0) this.#waits.set(message, count);
    else this.#waits.delete(message);
    this.#change.notify();
  }

  async append(event: RunEvent): Promise<RunEntry> {
    const entry = await this.whenThereIsRoom(() => this.#log.append(event));
    this.#state = foldEntry(this.#state, entry);
    if (event.kind === 'stage-completed') this.#progress.delete(event.stage);
    this.#change.notify();
    return entry;
  }

  report(progress: Progress): void {
    this.#progress.set(progress.stage, { version: ++this.#version, value: progress });
    this.#change.notify();
  }

  /** Reports that the event bus has delivered an event of the run. */
  deliver(event: DeliveredEvent): void {
    this.#delivered = event;
    this.#change.notify();
  }

  /** No more news; the log is closed and the run may be driven again. */
  async end(): Promise<void> {
    await this.#log.close();
    this.#ended = true;
    this.#change.notify();
  }

  /** Entries from an index on, the latest progress of each stage and the latest delivery, until the run ends. */
  async *news(fromEntry: number, signal: AbortSignal): AsyncGenerator<RunNews> {
    let next = fromEntry;
    let seen = 0;
    let heard: DeliveredEvent | undefined;
    let waited = '';
    for (;;) {
      const { changed } = this.#change;
      const ended = this.#ended;
      for (; next < this.entries.length; next++) {
        const entry = this.entries[next];
        if (entry !== undefined) yield { kind: 'entry', entry };
      }
      const fresh = [...this.#progress.values()].filter(({ version }) => version > seen);
      seen = this.#version;
      for (const { value } of fresh) yield { kind: 'progress', progress: value };
      const event = this.#delivered;
      if (event !== heard && event !== undefined) yield { kind: 'delivered', event };
      heard = event;
      const why = this.waitsFor;
      if (why !== waited) yield { kind: 'waiting', why };
      waited = why;
      if (ended) return;
      await untilAborted(changed, signal);
      signal.throwIfAborted();
    }
  }
}

/** A store on a server that does not answer. */
function isStoreAway(error: unknown): boolean {
  return error instanceof SipfError && error.reason === 'ARTIFACT_STORE_UNAVAILABLE';
}
