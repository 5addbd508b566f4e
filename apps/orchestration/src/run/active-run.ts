import { createChangeSignal, whenAborted } from '@sipf/service';
import type { RunEntry, RunEvent, RunLog } from '../log/run-log.ts';
import { foldRun, type RunState } from './run-state.ts';

/** How far a stage has come. */
export interface Progress {
  readonly stage: string;
  readonly iteration: number;
  readonly done: number;
  readonly total: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** Something that a watcher is told. */
export type RunNews =
  | { readonly kind: 'entry'; readonly entry: RunEntry }
  | { readonly kind: 'progress'; readonly progress: Progress };

/**
 * A run that this process drives, as watchers see it. Watchers keep a position instead of a queue: a slow one is told
 * every entry and only the latest progress of each stage, and holds no memory.
 */
export class ActiveRun {
  readonly #log: RunLog;
  readonly #progress = new Map<string, { readonly version: number; readonly value: Progress }>();
  #version = 0;
  #ended = false;
  readonly #change = createChangeSignal();
  readonly controller = new AbortController();

  constructor(log: RunLog) {
    this.#log = log;
  }

  get entries(): readonly RunEntry[] {
    return this.#log.entries;
  }

  get state(): RunState {
    const state = foldRun(this.#log.entries);
    if (state === undefined) throw new RangeError('the log does not start with its run');
    return state;
  }

  /** Resolves at the next change. */
  get changed(): Promise<undefined> {
    return this.#change.changed;
  }

  async append(event: RunEvent): Promise<RunEntry> {
    const entry = await this.#log.append(event);
    if (event.kind === 'stage-completed') this.#progress.delete(event.stage);
    this.#change.notify();
    return entry;
  }

  report(progress: Progress): void {
    this.#progress.set(progress.stage, { version: ++this.#version, value: progress });
    this.#change.notify();
  }

  /** No more news; the log is closed and the run may be driven again. */
  async end(): Promise<void> {
    await this.#log.close();
    this.#ended = true;
    this.#change.notify();
  }

  /** Entries from an index on and the latest progress of each stage, until the run ends. */
  async *news(fromEntry: number, signal: AbortSignal): AsyncGenerator<RunNews> {
    let next = fromEntry;
    let seen = 0;
    const aborted = whenAborted(signal);
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
      if (ended) return;
      await Promise.race([changed, aborted]);
      signal.throwIfAborted();
    }
  }
}
