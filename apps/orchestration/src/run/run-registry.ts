import { writeDurably, type ArtifactStore } from '@sipf/artifacts';
import { parseRunConfigJson, type RunConfig } from '@sipf/contracts';
import { isStorageFull, SipfError } from '@sipf/errors';
import type { EventBus } from '@sipf/events';
import type { Logger } from '@sipf/service';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginEventBook, readEventBook } from '../events/event-book.ts';
import { eventsOfLog } from '../events/iteration-events.ts';
import { startOutbox } from '../events/outbox.ts';
import { isLocked } from '../log/lock.ts';
import type { StageCache } from '../sharing/stage-cache.ts';
import { openRunLog, readRunLog, type RunEntry, type RunLog } from '../log/run-log.ts';
import type { Services } from '../services/services.ts';
import { ActiveRun, ROOM_MS } from './active-run.ts';
import { driveRun, STOPPED } from './drive-run.ts';
import { describeEnvironment } from './environment.ts';
import { verifyRun, type Finding } from '../verify/verify-run.ts';
import { planRun } from '@sipf/planning';
import type { RunMetrics } from './run-metrics.ts';
import { RunQuota, type RunLimits } from './run-quota.ts';
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
  /** How many runs may be driven at the same time. @default any number */
  readonly limits?: RunLimits;
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
  /** What it waits for before it goes on, where it does. */
  readonly waitsFor?: string;
}

/** How long the end of a run waits for its last events to be published. */
const FLUSH_MS = 5000;
/** How long it waits for the last one to be delivered to the run's book, and how often it looks. */
const DELIVERY_MS = 2000;
const LOOK_MS = 20;

/** The runs of a folder: those that this process drives and those that only their logs tell of. */
export class RunRegistry {
  readonly #options: RunRegistryOptions;
  readonly #active = new Map<string, { readonly run: ActiveRun; readonly done: Promise<void> }>();

  readonly #quota: RunQuota;
  /** Attempts to take up runs whose disk was full. */
  readonly #retries = new Set<NodeJS.Timeout>();

  constructor(options: RunRegistryOptions) {
    this.#options = options;
    this.#quota = new RunQuota(options.limits ?? {});
  }

  /**
   * @param owner who starts it; empty where nobody is known by name
   * @throws SipfError RUN_EXISTS, INVALID_FIELD, RUNS_READ_ONLY, QUOTA_EXCEEDED
   */
  async start(runId: string, configJson: string, owner: string): Promise<RunSnapshot> {
    const services = this.#services();
    const config = parseRunConfigJson(configJson);
    // A recipe that cannot be planned is refused before the run exists.
    planRun(config);
    if ((await this.#find(runId)) !== undefined) throw runExists(runId);
    const place = this.#quota.take(owner);
    return await this.#open(runId, { services, place }, async (log, folder) => {
      // Somebody else's start was faster. A log without a whole entry is left by a start that was killed.
      if (log.entries.length > 0) throw runExists(runId);
      // Before the log, so that whatever a log tells of has them.
      await writeJson(join(folder, 'config.json'), config satisfies RunConfig);
      await writeJson(join(folder, 'environment.json'), await describeEnvironment());
      const { version: commit } = this.#options;
      await log.append({ kind: 'run-started', runId, config, commit, ...(owner === '' ? {} : { owner }) });
    });
  }

  /**
   * @throws SipfError RUN_NOT_FOUND, RUN_IN_USE, RUN_NOT_RESUMABLE for one that succeeded or is elsewhere, RUNS_READ_ONLY,
   * QUOTA_EXCEEDED
   */
  async resume(runId: string): Promise<RunSnapshot> {
    return await this.#resume(runId, (owner) => this.#quota.take(owner));
  }

  /** Goes on with the runs that were under way when their orchestrator died. @returns their ids */
  async resumeInterrupted(): Promise<string[]> {
    const runs = await this.list();
    const interrupted = runs.filter(({ state, driven }) => state.phase === 'running' && !driven);
    const ids = interrupted.map(({ state }) => state.runId);
    for (const id of ids) await this.#takeUp(id);
    return ids;
  }

  /** Resumes a run that had its place before; one that cannot be resumed is logged and left, once there is room on the disk. */
  async #takeUp(runId: string): Promise<void> {
    try {
      await this.#resume(runId, (owner) => this.#quota.admit(owner));
    } catch (error) {
      const { logger } = this.#options;
      logger.warn({ err: error, runId }, 'an interrupted run is not taken up');
      if (!isStorageFull(error)) return;
      const timer = setTimeout(() => {
        this.#retries.delete(timer);
        void this.#takeUp(runId);
      }, ROOM_MS);
      this.#retries.add(timer);
    }
  }

  async #resume(runId: string, takePlace: (owner: string) => () => void): Promise<RunSnapshot> {
    const services = this.#services();
    await this.#untilLeft(runId);
    const { state } = await this.get(runId);
    if (state.phase === 'succeeded') {
      throw new SipfError('failed-precondition', `run ${runId} has succeeded; there is nothing to resume`, {
        reason: 'RUN_NOT_RESUMABLE',
      });
    }
    this.#checkArtifacts(runId);
    const place = takePlace(state.owner);
    return await this.#open(runId, { services, place }, async (log) => {
      await log.append({ kind: 'run-resumed' });
    });
  }

  /** Opens a run's log, and drives the run once it is `ready`; a run that is not driven after all keeps neither lock nor place. */
  async #open(
    runId: string,
    { services, place }: { readonly services: Services; readonly place: () => void },
    ready: (log: RunLog, folder: string) => Promise<void>,
  ): Promise<RunSnapshot> {
    const folder = this.folder(runId);
    try {
      await mkdir(folder, { recursive: true });
      const log = await openRunLog(folder, this.#options.now);
      await ready(log, folder).catch(async (error: unknown) => {
        await log.close();
        throw error;
      });
      await this.#beginEventBook(runId);
      return this.#drive(runId, log, { services, place });
    } catch (error) {
      place();
      throw error;
    }
  }

  /** A run whose deliveries cannot be noted is driven all the same. */
  async #beginEventBook(runId: string): Promise<void> {
    await beginEventBook(this.folder(runId)).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, runId }, 'the deliveries of the run cannot be noted');
    });
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
    const found = await this.#find(runId);
    if (found !== undefined) return found;
    throw new SipfError('not-found', `there is no run ${runId}`, { reason: 'RUN_NOT_FOUND' });
  }

  async list(): Promise<RunSnapshot[]> {
    const names = await readdir(this.#options.runs, { withFileTypes: true });
    const ids = names.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const found = await Promise.all(ids.sort().map((id) => this.#find(id)));
    return found.filter((run) => run !== undefined);
  }

  /**
   * What {@link verifyRun} finds of a run that nobody drives.
   * @throws SipfError RUN_NOT_FOUND, RUN_IN_USE
   */
  async *verify(runId: string, signal: AbortSignal): AsyncGenerator<Finding> {
    await this.#untilLeft(runId);
    const { driven } = await this.get(runId);
    if (driven) {
      throw new SipfError('failed-precondition', `run ${runId} is driven; verify it when it has ended`, {
        reason: 'RUN_IN_USE',
      });
    }
    yield* verifyRun(this.folder(runId), this.#options.artifacts, signal);
  }

  /** A run of ours that has ended is still held for some seconds while the event bus is away. */
  async #untilLeft(runId: string): Promise<void> {
    const active = this.#active.get(runId);
    if (active !== undefined && active.run.state.phase !== 'running') await active.done;
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
    for (const timer of this.#retries) clearTimeout(timer);
    for (const { run } of this.#active.values()) run.controller.abort(STOPPED);
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  /** Undefined for a folder whose log tells of no run. */
  async #find(runId: string): Promise<RunSnapshot | undefined> {
    const active = this.#active.get(runId);
    if (active !== undefined) {
      const { state, waitsFor } = active.run;
      return { state, driven: true, waitsFor };
    }
    const folder = this.folder(runId);
    const state = foldRun(await readRunLog(folder));
    return state && { state, driven: await isLocked(join(folder, 'lock')) };
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

  #drive(
    runId: string,
    log: RunLog,
    { services, place }: { readonly services: Services; readonly place: () => void },
  ): RunSnapshot {
    const run = new ActiveRun(log);
    const done = this.#driveToEnd(runId, run, services).finally(() => {
      this.#active.delete(runId);
      place();
    });
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
      if (await outbox.close(FLUSH_MS)) await this.#untilDelivered(runId, run);
      else logger.warn({ runId }, 'some events of the run are not published');
      await run.end();
    }
  }

  /** So that watchers are told of the last event before the end; nothing depends on it, so the wait is short. */
  async #untilDelivered(runId: string, run: ActiveRun): Promise<void> {
    const last = eventsOfLog(run.entries).at(-1);
    const giveUpAt = performance.now() + DELIVERY_MS;
    while (last !== undefined && performance.now() < giveUpAt) {
      const book = await readEventBook(this.folder(runId)).catch(() => undefined);
      if (book === undefined || book.has(last.eventId)) return;
      await sleep(LOOK_MS);
    }
  }
}

function runExists(runId: string): SipfError {
  return new SipfError('already-exists', `run ${runId} exists; resume it or choose another id`, {
    reason: 'RUN_EXISTS',
  });
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeDurably(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Where a folder lies, links followed; undefined where there is none. */
function realFolder(path: string): string | undefined {
  return existsSync(path) ? realpathSync(path) : undefined;
}
