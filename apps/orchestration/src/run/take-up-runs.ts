import { isStorageTrouble, SipfError } from '@sipf/errors';
import type { Logger } from '@sipf/service';
import { delay } from 'abort-controller-x';
import type { RunFinder } from './find-runs.ts';

/** Between two looks at all runs; with the time that a holder may be silent, a run is taken over within 30 s. */
const LOOK_MS = 2000;

/** What the runs of dead orchestrators are taken up with. */
export interface TakeUpOptions {
  /** Resumes a run that had its slot before. */
  readonly resume: (runId: string) => Promise<unknown>;
  readonly logger: Logger;
  readonly lookMs?: number;
}

/**
 * Resumes runs that are under way and that nobody drives: at the start those of the orchestrator before this one, and as long
 * as it lives those of others over the same folder.
 */
export class InterruptedRuns {
  readonly #finder: RunFinder;
  readonly #options: TakeUpOptions;
  readonly #closed = new AbortController();
  /** Runs that are left alone while their logs stay as they are, by what was seen of these. */
  readonly #left = new Map<string, string>();
  #watching: Promise<void> | undefined;

  constructor(finder: RunFinder, options: TakeUpOptions) {
    this.#finder = finder;
    this.#options = options;
  }

  /** @returns the ids of those that are resumed at once; one that cannot be is logged, and left until something changes */
  async takeUp(): Promise<string[]> {
    const ids = await this.#look();
    this.#watching = this.#watch();
    return ids;
  }

  /** Whether runs that nobody drives any more are resumed here. */
  get isTakingUp(): boolean {
    return this.#watching !== undefined;
  }

  /** No more attempts. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closed;
    const { lookMs = LOOK_MS, logger } = this.#options;
    for (;;) {
      await delay(signal, lookMs).catch(() => undefined);
      if (signal.aborted) return;
      await this.#look().catch((error: unknown) => {
        logger.warn({ err: error }, 'the folder of runs cannot be read: it is looked at again');
      });
    }
  }

  async #look(): Promise<string[]> {
    const taken: string[] = [];
    for (const { runId, stamp } of await this.#finder.stamps()) {
      if (this.#closed.signal.aborted) break;
      if (this.#left.get(runId) === stamp) continue;
      const verdict = await this.#consider(runId);
      if (verdict === 'leave') this.#left.set(runId, stamp);
      if (verdict === 'taken') taken.push(runId);
    }
    return taken;
  }

  async #consider(runId: string): Promise<'leave' | 'again' | 'taken'> {
    const { logger } = this.#options;
    const run = await this.#finder.find(runId);
    if (run === undefined) return 'again';
    if ('damage' in run) {
      const { damage } = run;
      logger.error({ runId, reason: damage.reason }, `a run is left alone: ${damage.message}`);
      return 'leave';
    }
    if (run.driven) return 'again';
    return run.state.phase === 'running' ? await this.#takeUp(runId) : 'leave';
  }

  async #takeUp(runId: string): Promise<'leave' | 'again' | 'taken'> {
    const { resume, logger } = this.#options;
    try {
      await resume(runId);
      return 'taken';
    } catch (error) {
      // Another orchestrator was faster.
      if (error instanceof SipfError && error.reason === 'RUN_IN_USE') return 'again';
      logger.warn({ err: error, runId }, 'an interrupted run is not taken up');
      return isStorageTrouble(error) ? 'again' : 'leave';
    }
  }
}
