import { writeDurably } from '@sipf/artifacts';
import { LOG_FORMAT, parseRunConfigJson, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import {
  commitOfSources,
  differenceOf,
  lossOf,
  openRunLog,
  layoutIn,
  planRun,
  programOf,
  writeEnvironment,
  type Program,
  type RunLog,
  type RunState,
} from '@sipf/runs';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beginEventBook } from '../events/event-book.ts';
import type { Services } from '../services/services.ts';
import type { ActiveRuns } from './active-runs.ts';
import { forgetWish } from './cancel-wish.ts';
import { requireEnginesOf, requireServicesOf } from './engine-at-work.ts';
import type { RunFinder, RunSnapshot } from './find-runs.ts';
import type { RunRegistryOptions } from './registry-options.ts';
import { RunQuota } from './run-quota.ts';

/**
 * Starts runs and resumes them: checks what must hold before, writes what the log begins with, and hands them on to be driven.
 */
export class RunBeginner {
  readonly #options: RunRegistryOptions;
  readonly #finder: RunFinder;
  readonly #active: ActiveRuns;
  readonly #quota: RunQuota;
  #described: Promise<Program> | undefined;

  constructor(options: RunRegistryOptions, finder: RunFinder, active: ActiveRuns) {
    this.#options = options;
    this.#finder = finder;
    this.#active = active;
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
    const plan = planRun(config);
    requireServicesOf(plan, services);
    await requireEnginesOf(config, plan, services);
    if ((await this.#finder.find(runId)) !== undefined) throw runExists(runId);
    const release = this.#quota.take(owner);
    return await this.#open(runId, { services, release }, async (log, program) => {
      // Somebody else's start was faster. A log without a whole entry is left by a start that was killed.
      if (log.entries.length > 0) throw runExists(runId);
      // Before the log, so that whatever a log knows of has them.
      const layout = layoutIn(this.#folder(runId));
      await writeConfig(layout.config, config);
      await writeEnvironment(layout.environment);
      const { version: commit } = this.#options;
      const named = owner === '' ? {} : { owner };
      await log.append({
        ...{ kind: 'run-started', runId, config, commit },
        ...named,
        ...{ format: LOG_FORMAT, program },
      });
    });
  }

  /**
   * @param isNew whether it takes a slot, or had one before its orchestrator was restarted
   * @throws SipfError RUN_NOT_FOUND, RUN_IN_USE, RUN_NOT_RESUMABLE for one that succeeded and is whole or is elsewhere,
   * RUNS_READ_ONLY, QUOTA_EXCEEDED; LOG_CORRUPT, FORMAT_UNKNOWN
   */
  async resume(runId: string, isNew: boolean): Promise<RunSnapshot> {
    const services = this.#services();
    await this.#active.untilLeft(runId);
    const { state } = await this.#finder.get(runId);
    if (state.phase === 'succeeded' && (await this.#isWhole(runId))) throw nothingToResume(runId);
    this.#checkArtifacts(runId);
    requireServicesOf(planRun(state.config), services);
    const release = isNew ? this.#quota.take(state.owner) : this.#quota.admit(state.owner);
    return await this.#open(runId, { services, release }, async (log, program) => {
      if (isNew) await forgetWish(this.#folder(runId));
      const otherCode = this.#otherCode(state, program);
      await writeConfig(layoutIn(this.#folder(runId)).config, state.config);
      await log.append({ kind: 'run-resumed', format: LOG_FORMAT, program, ...otherCode });
    });
  }

  #otherCode({ runId, programs }: RunState, program: Program): { readonly otherCode?: string } {
    const before = programs.at(-1);
    const otherCode = before && differenceOf(before, program);
    if (otherCode === undefined) return {};
    const message = 'a run is resumed by other code than was at work before';
    this.#options.logger.warn({ runId, otherCode }, message);
    return { otherCode };
  }

  /** Whether all is there that a run left; where it is not, even one that succeeded has something to do. */
  async #isWhole(runId: string): Promise<boolean> {
    const never = new AbortController().signal;
    return (await lossOf(this.#folder(runId), this.#options.artifacts, never)) === undefined;
  }

  /** Opens a run's log, and drives the run once it is `ready`; a run that is not driven after all keeps neither lock nor slot. */
  async #open(
    runId: string,
    { services, release }: { readonly services: Services; readonly release: () => void },
    ready: (log: RunLog, program: Program) => Promise<void>,
  ): Promise<RunSnapshot> {
    const folder = this.#folder(runId);
    try {
      await mkdir(folder, { recursive: true });
      const program = await this.#program();
      const log = await openRunLog(folder, this.#options.now, (above) =>
        this.#options.leases.acquire(runId, above),
      );
      await ready(log, program).catch(async (error: unknown) => {
        await log.close();
        throw error;
      });
      await this.#beginEventBook(runId);
      const { state } = this.#active.drive(runId, log, { services, program, release });
      return { state, driven: true };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** A run whose deliveries cannot be noted is driven all the same. */
  async #beginEventBook(runId: string): Promise<void> {
    await beginEventBook(this.#folder(runId)).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, runId }, 'the deliveries of the run cannot be noted');
    });
  }

  async #program(): Promise<Program> {
    this.#described ??= commitOfSources().then((commit) => programOf(this.#options.version, commit));
    return await this.#described;
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
    const own = realFolder(layoutIn(this.#folder(runId)).artifacts);
    if (own === undefined || own === realFolder(this.#options.artifactsFolder)) return;
    const message = `the artifacts of run ${runId} are in its own folder: resume it by \`sipf resume ${runId}\``;
    throw new SipfError('failed-precondition', message, { reason: 'RUN_NOT_RESUMABLE' });
  }

  #folder(runId: string): string {
    return join(this.#options.runs, runId);
  }
}

function runExists(runId: string): SipfError {
  return new SipfError('already-exists', `run ${runId} exists; resume it or choose another id`, {
    reason: 'RUN_EXISTS',
  });
}

function nothingToResume(runId: string): SipfError {
  return new SipfError('failed-precondition', `run ${runId} has succeeded; there is nothing to resume`, {
    reason: 'RUN_NOT_RESUMABLE',
  });
}

/** For people; the log has it too. */
async function writeConfig(path: string, config: RunConfig): Promise<void> {
  await writeDurably(path, `${JSON.stringify(config, null, 2)}\n`);
}

/** Where a folder lies, links followed; undefined where there is none. */
function realFolder(path: string): string | undefined {
  return existsSync(path) ? realpathSync(path) : undefined;
}
