import { SipfError } from '@sipf/errors';
import { foldRun, type Program, type RunLog } from '@sipf/runs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEventBook } from '../events/event-book.ts';
import { eventsOfLog } from '../events/iteration-events.ts';
import { startOutbox } from '../events/outbox.ts';
import type { Services } from '../services/services.ts';
import { ActiveRun } from './active-run.ts';
import { untilWished } from './cancel-wish.ts';
import { driveRun, STOPPED } from './drive-run.ts';
import { showNews } from './news-file.ts';
import type { RunRegistryOptions } from './registry-options.ts';
import { sayWhileUnsure } from './say-while-unsure.ts';

/** How long the end of a run waits for its last events to be published. */
const FLUSH_MS = 5000;
/** How long it waits for the last one to be delivered to the run's book, and how often it looks. */
const DELIVERY_MS = 2000;
const LOOK_MS = 20;

/** What driving a run takes beside its log. */
export interface Driving {
  readonly services: Services;
  /** This program, for what it writes. */
  readonly program: Program;
  /** Gives the run's slot back. */
  readonly release: () => void;
}

/** The runs that this process drives. */
export class ActiveRuns {
  readonly #options: RunRegistryOptions;
  readonly #active = new Map<string, { readonly run: ActiveRun; readonly done: Promise<void> }>();

  constructor(options: RunRegistryOptions) {
    this.#options = options;
  }

  /** The run if this process drives it; one that somebody else has taken over is theirs, though its work here still stops. */
  get(runId: string): ActiveRun | undefined {
    const run = this.#active.get(runId)?.run;
    return run?.lease.lost.aborted === false ? run : undefined;
  }

  /** Drives a run from where its log stands, until its end. @throws SipfError LOG_CORRUPT for a log without its start */
  drive(runId: string, log: RunLog, driving: Driving): ActiveRun {
    const state = foldRun(log.entries);
    if (state === undefined) throw unbegun(runId);
    const run = new ActiveRun(log, state);
    const done = this.#driveToEnd(run, driving).finally(() => {
      if (this.#active.get(runId)?.run === run) this.#active.delete(runId);
      driving.release();
    });
    this.#active.set(runId, { run, done });
    return run;
  }

  /** Stops a run and waits until it has stopped; one that is not driven here is left alone. */
  async stop(runId: string): Promise<void> {
    const active = this.#active.get(runId);
    active?.run.controller.abort(new Error('cancelled'));
    await active?.done;
  }

  /** A run that has ended is still held for some seconds while the event bus is away. */
  async untilLeft(runId: string): Promise<void> {
    const active = this.#active.get(runId);
    if (active !== undefined && active.run.state.phase !== 'running') await active.done;
  }

  /** Stops driving; the logs stay as they are, and the runs can be resumed. */
  async close(): Promise<void> {
    for (const { run } of this.#active.values()) run.controller.abort(STOPPED);
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  async #driveToEnd(run: ActiveRun, { services, program }: Driving): Promise<void> {
    const { runs, bus, logger, artifacts, cache, metrics } = this.#options;
    const { runId } = run.state;
    const folder = join(runs, runId);
    const outbox = startOutbox(run, { bus, logger, metrics });
    const ended = new AbortController();
    const aside = [
      untilWished(folder, ended.signal).then(() => {
        run.controller.abort(new Error('cancelled'));
      }),
      showNews(folder, run, ended.signal),
      sayWhileUnsure(run, ended.signal),
    ];
    metrics.runStarted();
    try {
      await driveRun(run, { folder, artifacts, services, logger, cache, timer: metrics, program });
    } catch (error) {
      // Only the log itself can fail here: nothing that happens from now on would be remembered.
      logger.error({ err: error, runId }, 'the run log cannot be written');
    } finally {
      ended.abort();
      await Promise.allSettled(aside);
      metrics.runEnded(run.state.phase);
      if (await outbox.close(FLUSH_MS)) await untilDelivered(folder, run);
      else logger.warn({ runId }, 'some events of the run are not published');
      await run.end();
    }
  }
}

/** So that watchers hear of the last event before the end; nothing depends on it, so the wait is short. */
async function untilDelivered(folder: string, run: ActiveRun): Promise<void> {
  const last = eventsOfLog(run.entries).at(-1);
  const giveUpAt = performance.now() + DELIVERY_MS;
  while (last !== undefined && performance.now() < giveUpAt) {
    const book = await readEventBook(folder).catch(() => undefined);
    if (book === undefined || book.has(last.eventId)) return;
    await sleep(LOOK_MS);
  }
}

function unbegun(runId: string): SipfError {
  return new SipfError('data-loss', `the log of run ${runId} does not begin with its start`, {
    reason: 'LOG_CORRUPT',
  });
}
