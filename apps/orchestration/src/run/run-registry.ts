import { writeDurably, type ArtifactStore } from '@sipf/artifacts';
import { LOG_FORMAT, parseRunConfigJson, type RunConfig } from '@sipf/contracts';
import { isStorageTrouble, SipfError } from '@sipf/errors';
import type { EventBus } from '@sipf/events';
import type { Logger } from '@sipf/service';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginEventBook, readEventBook } from '../events/event-book.ts';
import { eventsOfLog } from '../events/iteration-events.ts';
import { startOutbox } from '../events/outbox.ts';
import type { StageCache } from '../sharing/stage-cache.ts';
import type { Services } from '../services/services.ts';
import { ActiveRun, ROOM_MS } from './active-run.ts';
import { driveRun, STOPPED } from './drive-run.ts';
import { verifyRun } from '../verify/verify-run.ts';
import {
  commitOfSources,
  differenceOf,
  type Finding,
  lossOf,
  openRunLog,
  placesIn,
  planRun,
  type Program,
  programOf,
  readRunFolder,
  readRunLog,
  type RunEntry,
  type RunLog,
  type RunState,
  writeEnvironment,
} from '@sipf/runs';
import type { RunMetrics } from './run-metrics.ts';
import { RunQuota, type RunLimits } from './run-quota.ts';

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

/** A run whose log cannot be read to its end. */
export interface DamagedRun {
  readonly runId: string;
  /** LOG_CORRUPT, FORMAT_UNKNOWN: where, and what may be done. */
  readonly damage: SipfError;
  /** As far as it could be read. */
  readonly state: RunState | undefined;
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
  #described: Promise<Program> | undefined;
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
      await writeConfig(folder, config);
      await writeEnvironment(placesIn(folder).environment);
      const { version: commit } = this.#options;
      const written = { format: LOG_FORMAT, program: await this.#program() };
      const named = owner === '' ? {} : { owner };
      await log.append({ kind: 'run-started', runId, config, commit, ...named, ...written });
    });
  }

  /**
   * @throws SipfError RUN_NOT_FOUND, RUN_IN_USE, RUN_NOT_RESUMABLE for one that succeeded and is whole or is elsewhere, RUNS_READ_ONLY,
   * QUOTA_EXCEEDED; LOG_CORRUPT, FORMAT_UNKNOWN
   */
  async resume(runId: string): Promise<RunSnapshot> {
    return await this.#resume(runId, (owner) => this.#quota.take(owner));
  }

  /** Goes on with the runs that were under way when their orchestrator died. @returns their ids */
  async resumeInterrupted(): Promise<string[]> {
    const ids: string[] = [];
    for (const run of await this.list()) {
      if ('damage' in run) {
        const { damage, runId } = run;
        this.#options.logger.error(
          { runId, reason: damage.reason },
          `a run is left alone: ${damage.message}`,
        );
      } else if (run.state.phase === 'running' && !run.driven) ids.push(run.state.runId);
    }
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
      if (!isStorageTrouble(error)) return;
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
    if (state.phase === 'succeeded' && (await this.#isWhole(state))) {
      throw new SipfError('failed-precondition', `run ${runId} has succeeded; there is nothing to resume`, {
        reason: 'RUN_NOT_RESUMABLE',
      });
    }
    this.#checkArtifacts(runId);
    const place = takePlace(state.owner);
    return await this.#open(runId, { services, place }, async (log) => {
      const program = await this.#program();
      const before = state.programs.at(-1);
      const otherCode = before && differenceOf(before, program);
      if (otherCode !== undefined)
        this.#options.logger.warn(
          { runId, otherCode },
          'a run is resumed by other code than was at work before',
        );
      const changed = otherCode === undefined ? {} : { otherCode };
      await log.append({ kind: 'run-resumed', format: LOG_FORMAT, program, ...changed });
    });
  }

  /** Whether all is there that a run left; where it is not, even one that succeeded has something to do. */
  async #isWhole(state: RunState): Promise<boolean> {
    const never = new AbortController().signal;
    return (await lossOf(this.folder(state.runId), this.#options.artifacts, never)) === undefined;
  }

  async #program(): Promise<Program> {
    this.#described ??= commitOfSources().then((commit) => programOf(this.#options.version, commit));
    return await this.#described;
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

  /** A run that can be read. @throws SipfError RUN_NOT_FOUND, LOG_CORRUPT, FORMAT_UNKNOWN */
  async get(runId: string): Promise<RunSnapshot> {
    const found = await this.look(runId);
    if ('damage' in found) throw found.damage;
    return found;
  }

  /** A run, whether or not its log can be read. @throws SipfError RUN_NOT_FOUND */
  async look(runId: string): Promise<RunSnapshot | DamagedRun> {
    const found = await this.#find(runId);
    if (found !== undefined) return found;
    throw new SipfError('not-found', `there is no run ${runId}`, { reason: 'RUN_NOT_FOUND' });
  }

  /** Every run of the folder, those too whose logs cannot be read. */
  async list(): Promise<(RunSnapshot | DamagedRun)[]> {
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
    const found = await this.look(runId);
    if ('driven' in found && found.driven) {
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
    return this.active(runId)?.entries ?? (await readRunLog(this.folder(runId))).entries;
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
  async #find(runId: string): Promise<RunSnapshot | DamagedRun | undefined> {
    const active = this.#active.get(runId);
    if (active !== undefined) {
      const { state, waitsFor } = active.run;
      return { state, driven: true, waitsFor };
    }
    const { state, damage, driven } = await readRunFolder(this.folder(runId));
    const unplanned = damage ?? (state && planFault(state));
    if (unplanned !== undefined) return { runId, damage: unplanned, state };
    return state && { state, driven };
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
      const surroundings = { folder: this.folder(runId), artifacts, services, logger, cache };
      await driveRun(run, { ...surroundings, timer: metrics, program: await this.#program() });
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

/** A configuration that this program cannot plan stops nobody but its run. */
function planFault({ runId, config }: RunState): SipfError | undefined {
  try {
    planRun(config);
    return undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `${runId}/log.jsonl:1 has a configuration that this program cannot run: ${why}`;
    return new SipfError('data-loss', message, { reason: 'LOG_CORRUPT', cause });
  }
}

function runExists(runId: string): SipfError {
  return new SipfError('already-exists', `run ${runId} exists; resume it or choose another id`, {
    reason: 'RUN_EXISTS',
  });
}

/** For people; the log has it too. */
async function writeConfig(folder: string, config: RunConfig): Promise<void> {
  await writeDurably(placesIn(folder).config, `${JSON.stringify(config, null, 2)}\n`);
}

/** Where a folder lies, links followed; undefined where there is none. */
function realFolder(path: string): string | undefined {
  return existsSync(path) ? realpathSync(path) : undefined;
}
