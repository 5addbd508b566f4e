import { isStorageTrouble } from '@sipf/errors';
import type { Logger } from '@sipf/service';
import { ROOM_MS } from './active-run.ts';
import type { RunFinder } from './find-runs.ts';

/** Resumes the runs that were under way when their orchestrator died. */
export class InterruptedRuns {
  readonly #finder: RunFinder;
  readonly #resume: (runId: string) => Promise<unknown>;
  readonly #logger: Logger;
  /** Attempts to come for runs whose disk was full. */
  readonly #retries = new Set<NodeJS.Timeout>();

  /** @param resume resumes a run that had its slot before */
  constructor(
    finder: RunFinder,
    { resume, logger }: { readonly resume: (runId: string) => Promise<unknown>; readonly logger: Logger },
  ) {
    this.#finder = finder;
    this.#resume = resume;
    this.#logger = logger;
  }

  /** @returns their ids; one that cannot be resumed is logged and left, or tried again once there is room on the disk */
  async takeUp(): Promise<string[]> {
    const ids = await this.#interrupted();
    for (const id of ids) await this.#takeUp(id);
    return ids;
  }

  /** No more attempts. */
  close(): void {
    for (const timer of this.#retries) clearTimeout(timer);
  }

  async #interrupted(): Promise<string[]> {
    const ids: string[] = [];
    for (const run of await this.#finder.list()) {
      if ('damage' in run) {
        const { damage, runId } = run;
        this.#logger.error({ runId, reason: damage.reason }, `a run is left alone: ${damage.message}`);
      } else if (run.state.phase === 'running' && !run.driven) ids.push(run.state.runId);
    }
    return ids;
  }

  async #takeUp(runId: string): Promise<void> {
    try {
      await this.#resume(runId);
    } catch (error) {
      this.#logger.warn({ err: error, runId }, 'an interrupted run is not taken up');
      if (!isStorageTrouble(error)) return;
      const timer = setTimeout(() => {
        this.#retries.delete(timer);
        void this.#takeUp(runId);
      }, ROOM_MS);
      this.#retries.add(timer);
    }
  }
}
