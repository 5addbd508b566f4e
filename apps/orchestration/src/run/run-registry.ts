import type { ArtifactStore } from '@sipf/artifacts';
import { parseRunConfigJson, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { EventBus } from '@sipf/events';
import type { Logger } from '@sipf/service';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOutbox } from '../events/outbox.ts';
import { isLocked } from '../log/lock.ts';
import type { StageCache } from '../sharing/stage-cache.ts';
import { openRunLog, readRunLog, type RunEntry, type RunLog } from '../log/run-log.ts';
import type { Services } from '../services/services.ts';
import { ActiveRun } from './active-run.ts';
import { driveRun, STOPPED } from './drive-run.ts';
import { describeEnvironment } from './environment.ts';
import { verifyRun, type Finding } from '../verify/verify-run.ts';
import { planRun } from '@sipf/planning';
import type { RunMetrics } from './run-metrics.ts';
import { foldRun, type RunState } from './run-state.ts';

/** What the registry needs of its surroundings. */
export interface RunRegistryOptions {
  /** Folder with a folder for every run. */
  readonly runs: string;
  readonly artifacts: ArtifactStore;
  /** Folder of the artifacts. */
  readonly artifactsFolder: string;
  /** Absent for an orchestrator that only looks at runs. */
  readonly services: Services | undefined;
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Results that runs share; every run computes its own where absent. */
  readonly cache?: StageCache | undefined;
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

  /** @throws SipfError RUN_EXISTS, INVALID_FIELD, RUNS_READ_ONLY */
  async start(runId: string, configJson: string): Promise<RunSnapshot> {
    const services = this.#services();
    const config = parseRunConfigJson(configJson);
    // A recipe that cannot be planned is refused before the run exists.
    planRun(config);
    const folder = this.folder(runId);
    if (existsSync(join(folder, 'log.jsonl'))) {
      throw new SipfError('already-exists', `run ${runId} exists; resume it or choose another id`, {
        reason: 'RUN_EXISTS',
      });
    }
    await mkdir(folder, { recursive: true });
    const log = await openRunLog(folder, this.#options.now);
    await log.append({ kind: 'run-started', runId, config, commit: this.#options.version });
    await writeFile(join(folder, 'config.json'), `${JSON.stringify(config satisfies RunConfig, null, 2)}\n`);
    const environment = await describeEnvironment();
    await writeFile(join(folder, 'environment.json'), `${JSON.stringify(environment, null, 2)}\n`);
    return this.#drive(runId, log, services);
  }

  /** @throws SipfError RUN_NOT_FOUND, RUN_IN_USE, RUN_NOT_RESUMABLE for one that succeeded or is elsewhere, RUNS_READ_ONLY */
  async resume(runId: string): Promise<RunSnapshot> {
    const services = this.#services();
    const { state } = await this.get(runId);
    if (state.phase === 'succeeded') {
      throw new SipfError('failed-precondition', `run ${runId} has succeeded; there is nothing to resume`, {
        reason: 'RUN_NOT_RESUMABLE',
      });
    }
    this.#checkArtifacts(runId);
    const log = await openRunLog(this.folder(runId), this.#options.now);
    await log.append({ kind: 'run-resumed' });
    return this.#drive(runId, log, services);
  }

  /** Stops a run that this process drives; it can be resumed. @throws SipfError RUN_NOT_FOUND, RUN_IN_USE */
  async cancel(runId: string): Promise<RunSnapshot> {
    const active = this.#active.get(runId);
    active?.run.controller.abort(new Error('cancelled'));
    await active?.done;
    const snapshot = await this.get(runId);
    if (snapshot.driven) {
      const message = `another process drives run ${runId}: \`sipf cancel ${runId}\` stops it`;
      throw new SipfError('failed-precondition', message, { reason: 'RUN_IN_USE' });
    }
    return snapshot;
  }

  /** @throws SipfError RUN_NOT_FOUND */
  async get(runId: string): Promise<RunSnapshot> {
    const active = this.#active.get(runId);
    if (active !== undefined) return { state: active.run.state, driven: true };
    const folder = this.folder(runId);
    const state = foldRun(await readRunLog(folder));
    if (state === undefined) {
      throw new SipfError('not-found', `there is no run ${runId}`, { reason: 'RUN_NOT_FOUND' });
    }
    return { state, driven: await isLocked(join(folder, 'lock')) };
  }

  async list(): Promise<RunSnapshot[]> {
    const names = await readdir(this.#options.runs, { withFileTypes: true });
    const ids = names.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const known = ids.filter((id) => existsSync(join(this.folder(id), 'log.jsonl')));
    return await Promise.all(known.sort().map((id) => this.get(id)));
  }

  /**
   * What {@link verifyRun} finds of a run that nobody drives.
   * @throws SipfError RUN_NOT_FOUND, RUN_IN_USE
   */
  async *verify(runId: string, signal: AbortSignal): AsyncGenerator<Finding> {
    const { driven } = await this.get(runId);
    if (driven) {
      throw new SipfError('failed-precondition', `run ${runId} is driven; verify it when it has ended`, {
        reason: 'RUN_IN_USE',
      });
    }
    yield* verifyRun(this.folder(runId), this.#options.artifacts, signal);
  }

  /** The run if this process drives it. */
  active(runId: string): ActiveRun | undefined {
    return this.#active.get(runId)?.run;
  }

  /** The log of a run so far. */
  async entries(runId: string): Promise<readonly RunEntry[]> {
    return this.active(runId)?.entries ?? (await readRunLog(this.folder(runId)));
  }

  /** Where the files of a run are, whether or not it exists. */
  folder(runId: string): string {
    return join(this.#options.runs, runId);
  }

  /** Stops driving; the logs stay as they are, and the runs can be resumed. */
  async close(): Promise<void> {
    for (const { run } of this.#active.values()) run.controller.abort(STOPPED);
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  /** @throws SipfError RUNS_READ_ONLY */
  #services(): Services {
    const { services } = this.#options;
    if (services !== undefined) return services;
    throw new SipfError('failed-precondition', 'this orchestrator only looks at runs: it has no services', {
      reason: 'RUNS_READ_ONLY',
    });
  }

  /** An embedded run has its artifacts in its own folder, where only its own orchestrator looks. */
  #checkArtifacts(runId: string): void {
    // An experiment's runs have a link to the store of all.
    const own = realFolder(join(this.folder(runId), 'artifacts'));
    if (own === undefined || own === realFolder(this.#options.artifactsFolder)) return;
    const message = `the artifacts of run ${runId} are in its own folder: go on with it by \`sipf resume ${runId}\``;
    throw new SipfError('failed-precondition', message, { reason: 'RUN_NOT_RESUMABLE' });
  }

  #drive(runId: string, log: RunLog, services: Services): RunSnapshot {
    const run = new ActiveRun(log);
    const done = this.#driveToEnd(runId, run, services).finally(() => this.#active.delete(runId));
    this.#active.set(runId, { run, done });
    return { state: run.state, driven: true };
  }

  async #driveToEnd(runId: string, run: ActiveRun, services: Services): Promise<void> {
    const { bus, logger, artifacts, cache, metrics } = this.#options;
    const outbox = startOutbox(run, { bus, logger, metrics });
    metrics.runStarted();
    try {
      await driveRun(run, { folder: this.folder(runId), artifacts, services, logger, cache, timer: metrics });
    } catch (error) {
      // Only the log itself can fail here: nothing that happens from now on would be remembered.
      logger.error({ err: error, runId }, 'the run log cannot be written');
    } finally {
      metrics.runEnded(run.state.phase);
      if (!(await outbox.close(FLUSH_MS))) logger.warn({ runId }, 'some events of the run are not published');
      await run.end();
    }
  }
}

/** Where a folder lies, links followed; undefined where there is none. */
function realFolder(path: string): string | undefined {
  return existsSync(path) ? realpathSync(path) : undefined;
}
