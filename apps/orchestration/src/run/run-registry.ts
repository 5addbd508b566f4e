import { SipfError } from '@sipf/errors';
import { readRunLog, verifyRun, type Finding, type RunEntry } from '@sipf/runs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyBooks } from '../verify/verify-books.ts';
import type { ActiveRun } from './active-run.ts';
import { ActiveRuns } from './active-runs.ts';
import { RunBeginner } from './begin-runs.ts';
import { forgetWish, wishCancelled } from './cancel-wish.ts';
import { RunFinder, type DamagedRun, type RunSnapshot } from './find-runs.ts';
import type { RunRegistryOptions } from './registry-options.ts';
import { InterruptedRuns } from './take-up-runs.ts';

/** How long another process may take to cancel a run: as long as a takeover from it, and some seconds to stop. */
const CANCEL_MS = 60_000;
const LOOK_MS = 200;

/** What can be done with the runs of a folder, whoever drives them. */
export class RunRegistry {
  readonly #options: RunRegistryOptions;
  readonly #active: ActiveRuns;
  readonly #finder: RunFinder;
  readonly #beginner: RunBeginner;
  readonly #interrupted: InterruptedRuns;

  constructor(options: RunRegistryOptions) {
    this.#options = options;
    this.#active = new ActiveRuns(options);
    const { leases } = options;
    this.#finder = new RunFinder(options.runs, this.#active, leases);
    this.#beginner = new RunBeginner(options, this.#finder, this.#active);
    const resume = (runId: string): Promise<unknown> => this.#beginner.resume(runId, false);
    this.#interrupted = new InterruptedRuns(this.#finder, { resume, logger: options.logger });
  }

  /**
   * @param owner who starts it; empty where nobody is known by name
   * @throws SipfError RUN_EXISTS, INVALID_FIELD, RUNS_READ_ONLY, QUOTA_EXCEEDED
   */
  start(runId: string, configJson: string, owner: string): Promise<RunSnapshot> {
    return this.#beginner.start(runId, configJson, owner);
  }

  /**
   * @throws SipfError RUN_NOT_FOUND, RUN_IN_USE, RUN_NOT_RESUMABLE for one that succeeded and is whole or is elsewhere,
   * RUNS_READ_ONLY, QUOTA_EXCEEDED; LOG_CORRUPT, FORMAT_UNKNOWN
   */
  resume(runId: string): Promise<RunSnapshot> {
    return this.#beginner.resume(runId, true);
  }

  /**
   * Resumes the runs that were under way when their orchestrator died, and from then on those of every one that dies.
   * @returns the ids of those of before
   */
  resumeInterrupted(): Promise<string[]> {
    return this.#interrupted.takeUp();
  }

  /**
   * Stops a run, whoever drives it; it can be resumed.
   * @throws SipfError RUN_NOT_FOUND; RUN_IN_USE where who drives it does not stop it
   */
  async cancel(runId: string): Promise<RunSnapshot> {
    await this.#active.stop(runId);
    const before = await this.get(runId);
    if (!before.driven) return before;
    await wishCancelled(this.folder(runId));
    const giveUpAt = performance.now() + CANCEL_MS;
    while (performance.now() < giveUpAt) {
      await sleep(LOOK_MS);
      const snapshot = await this.get(runId);
      // One whose driver died is taken over, and then cancelled.
      if (snapshot.driven || (snapshot.state.phase === 'running' && this.#interrupted.isTakingUp)) continue;
      await forgetWish(this.folder(runId));
      return snapshot;
    }
    throw inUse(`run ${runId} is to be cancelled, and who drives it has not done so yet`);
  }

  /** A run that can be read. @throws SipfError RUN_NOT_FOUND, LOG_CORRUPT, FORMAT_UNKNOWN */
  get(runId: string): Promise<RunSnapshot> {
    return this.#finder.get(runId);
  }

  /** A run, whether or not its log can be read. @throws SipfError RUN_NOT_FOUND */
  look(runId: string): Promise<RunSnapshot | DamagedRun> {
    return this.#finder.look(runId);
  }

  /** Every run of the folder, those too whose logs cannot be read. */
  list(): Promise<(RunSnapshot | DamagedRun)[]> {
    return this.#finder.list();
  }

  /**
   * What {@link verifyRun} and {@link verifyBooks} find of a run that nobody drives.
   * @throws SipfError RUN_NOT_FOUND, RUN_IN_USE
   */
  async *verify(runId: string, signal: AbortSignal): AsyncGenerator<Finding> {
    await this.#active.untilLeft(runId);
    const found = await this.look(runId);
    if ('driven' in found && found.driven) throw inUse(`run ${runId} is driven; verify it when it has ended`);
    yield* verifyRun(this.folder(runId), this.#options.artifacts, signal);
    yield* verifyBooks(this.folder(runId));
  }

  /** The run if this process drives it. */
  active(runId: string): ActiveRun | undefined {
    return this.#active.get(runId);
  }

  /** The log of a run so far. */
  async entries(runId: string): Promise<readonly RunEntry[]> {
    return this.active(runId)?.entries ?? (await readRunLog(this.folder(runId))).entries;
  }

  /** Where the files of a run are, whether or not it exists. */
  folder(runId: string): string {
    return join(this.#options.runs, runId);
  }

  /** Stops driving; the logs stay as they are, and the runs can be resumed. */
  async close(): Promise<void> {
    await this.#interrupted.close();
    await this.#active.close();
    await this.#options.leases.close();
  }
}

function inUse(message: string): SipfError {
  return new SipfError('failed-precondition', message, { reason: 'RUN_IN_USE' });
}
