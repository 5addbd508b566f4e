import type { ArtifactStore } from '@sipf/artifacts';
import { parseRunConfigJson, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { EventBus } from '@sipf/events';
import type { Logger } from '@sipf/service';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOutbox } from '../events/outbox.ts';
import { isLocked } from '../log/lock.ts';
import { openRunLog, readRunLog, type RunLog } from '../log/run-log.ts';
import type { Services } from '../services/services.ts';
import { ActiveRun } from './active-run.ts';
import { driveRun, STOPPED } from './drive-run.ts';
import { planRun } from '@sipf/planning';
import type { RunMetrics } from './run-metrics.ts';
import { foldRun, type RunState } from './run-state.ts';

/** What the registry needs of its surroundings. */
export interface RunRegistryOptions {
  /** Folder with a folder for every run. */
  readonly runs: string;
  readonly artifacts: ArtifactStore;
  readonly services: Services;
  readonly bus: EventBus;
  readonly logger: Logger;
  readonly metrics: RunMetrics;
  /** Version of the program, for the log. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A run as it stands. */
export interface RunSnapshot {
  readonly state: RunState;
  /** Whether some process drives it. */
  readonly driven: boolean;
}

/** How long the end of a run waits for its last events to be published. */
const FLUSH_MS = 5000;

/** The runs of a folder: those that this process drives and those that only their logs tell of. */
export class RunRegistry {
  readonly #options: RunRegistryOptions;
  readonly #active = new Map<string, { readonly run: ActiveRun; readonly done: Promise<void> }>();

  constructor(options: RunRegistryOptions) {
    this.#options = options;
  }

  /** @throws SipfError RUN_EXISTS, INVALID_FIELD */
  async start(runId: string, configJson: string): Promise<RunSnapshot> {
    const config = parseRunConfigJson(configJson);
    // A recipe that cannot be planned is refused before the run exists.
    planRun(config);
    const folder = this.#folder(runId);
    if (existsSync(join(folder, 'log.jsonl'))) {
      throw new SipfError('already-exists', `run ${runId} exists; resume it or choose another id`, {
        reason: 'RUN_EXISTS',
      });
    }
    await mkdir(folder, { recursive: true });
    const log = await openRunLog(folder, this.#options.now);
    await log.append({ kind: 'run-started', runId, config, commit: this.#options.version });
    await writeFile(join(folder, 'config.json'), `${JSON.stringify(config satisfies RunConfig, null, 2)}\n`);
    return this.#drive(runId, log);
  }

  /** @throws SipfError RUN_NOT_FOUND, RUN_IN_USE, RUN_NOT_RESUMABLE for one that succeeded */
  async resume(runId: string): Promise<RunSnapshot> {
    const { state } = await this.get(runId);
    if (state.phase === 'succeeded') {
      throw new SipfError('failed-precondition', `run ${runId} has succeeded; there is nothing to resume`, {
        reason: 'RUN_NOT_RESUMABLE',
      });
    }
    const log = await openRunLog(this.#folder(runId), this.#options.now);
    await log.append({ kind: 'run-resumed' });
    return this.#drive(runId, log);
  }

  /** Stops a run that this process drives; it can be resumed. @throws SipfError RUN_NOT_FOUND */
  async cancel(runId: string): Promise<RunSnapshot> {
    const active = this.#active.get(runId);
    active?.run.controller.abort(new Error('cancelled'));
    await active?.done;
    return await this.get(runId);
  }

  /** @throws SipfError RUN_NOT_FOUND */
  async get(runId: string): Promise<RunSnapshot> {
    const active = this.#active.get(runId);
    if (active !== undefined) return { state: active.run.state, driven: true };
    const folder = this.#folder(runId);
    const state = foldRun(await readRunLog(folder));
    if (state === undefined) {
      throw new SipfError('not-found', `there is no run ${runId}`, { reason: 'RUN_NOT_FOUND' });
    }
    return { state, driven: await isLocked(join(folder, 'lock')) };
  }

  async list(): Promise<RunSnapshot[]> {
    const names = await readdir(this.#options.runs, { withFileTypes: true });
    const ids = names.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const known = ids.filter((id) => existsSync(join(this.#folder(id), 'log.jsonl')));
    return await Promise.all(known.sort().map((id) => this.get(id)));
  }

  /** The run if this process drives it. */
  active(runId: string): ActiveRun | undefined {
    return this.#active.get(runId)?.run;
  }

  /** Stops driving; the logs stay as they are, and the runs can be resumed. */
  async close(): Promise<void> {
    for (const { run } of this.#active.values()) run.controller.abort(STOPPED);
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  #drive(runId: string, log: RunLog): RunSnapshot {
    const run = new ActiveRun(log);
    const done = this.#driveToEnd(runId, run).finally(() => this.#active.delete(runId));
    this.#active.set(runId, { run, done });
    return { state: run.state, driven: true };
  }

  async #driveToEnd(runId: string, run: ActiveRun): Promise<void> {
    const { bus, logger, artifacts, services, metrics } = this.#options;
    const outbox = startOutbox(run, { bus, logger, metrics });
    metrics.runStarted();
    try {
      await driveRun(run, { folder: this.#folder(runId), artifacts, services, logger, timer: metrics });
    } catch (error) {
      // Only the log itself can fail here: nothing that happens from now on would be remembered.
      logger.error({ err: error, runId }, 'the run log cannot be written');
    } finally {
      metrics.runEnded(run.state.phase);
      if (!(await outbox.close(FLUSH_MS))) logger.warn({ runId }, 'some events of the run are not published');
      await run.end();
    }
  }

  #folder(runId: string): string {
    return join(this.#options.runs, runId);
  }
}
