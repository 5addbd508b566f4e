import { SipfError } from '@sipf/errors';
import { planRun, readRunFolder, runLayout, type RunState } from '@sipf/runs';
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunLeases } from '../leases/run-leases.ts';
import type { ActiveRuns } from './active-runs.ts';
import { readNews } from './news-file.ts';

/** A run as it stands. */
export interface RunSnapshot {
  readonly state: RunState;
  /** Whether some process drives it. */
  readonly driven: boolean;
  /** What it waits for before it continues, where it does. */
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

/** The runs of a folder: those that this process drives and those that only their logs know. */
export class RunFinder {
  readonly #runs: string;
  readonly #active: ActiveRuns;
  readonly #leases: Pick<RunLeases, 'isHeld'>;

  constructor(runs: string, active: ActiveRuns, leases: Pick<RunLeases, 'isHeld'>) {
    this.#runs = runs;
    this.#active = active;
    this.#leases = leases;
  }

  /** Undefined for a folder whose log has no run. */
  async find(runId: string): Promise<RunSnapshot | DamagedRun | undefined> {
    const active = this.#active.get(runId);
    if (active !== undefined) {
      const { state, waitsFor } = active;
      return { state, driven: true, waitsFor };
    }
    const { state, damage, driven } = await readRunFolder(join(this.#runs, runId), () =>
      this.#leases.isHeld(runId),
    );
    const unplanned = damage ?? (state && planFault(state));
    if (unplanned !== undefined) return { runId, damage: unplanned, state };
    if (state === undefined || !driven) return state && { state, driven };
    const news = await readNews(join(this.#runs, runId));
    return { state, driven, waitsFor: news?.waitsFor ?? '' };
  }

  /** A run, whether or not its log can be read. @throws SipfError RUN_NOT_FOUND */
  async look(runId: string): Promise<RunSnapshot | DamagedRun> {
    const found = await this.find(runId);
    if (found !== undefined) return found;
    throw new SipfError('not-found', `there is no run ${runId}`, { reason: 'RUN_NOT_FOUND' });
  }

  /** A run that can be read. @throws SipfError RUN_NOT_FOUND, LOG_CORRUPT, FORMAT_UNKNOWN */
  async get(runId: string): Promise<RunSnapshot> {
    const found = await this.look(runId);
    if ('damage' in found) throw found.damage;
    return found;
  }

  /** Every run of the folder, those too whose logs cannot be read. */
  async list(): Promise<(RunSnapshot | DamagedRun)[]> {
    const ids = await this.#ids();
    const found = await Promise.all(ids.map((id) => this.find(id)));
    return found.filter((run) => run !== undefined);
  }

  /** Folders that this process does not drive, with something that changes when their logs do: cheaper than reading them. */
  async stamps(): Promise<{ readonly runId: string; readonly stamp: string }[]> {
    const ids = await this.#ids();
    const others = ids.filter((id) => this.#active.get(id) === undefined);
    return others.map((runId) => ({ runId, stamp: stampOf(runLayout(this.#runs, runId).log) }));
  }

  async #ids(): Promise<string[]> {
    const names = await readdir(this.#runs, { withFileTypes: true });
    const folders = names.filter((entry) => entry.isDirectory());
    return folders.map(({ name }) => name).sort();
  }
}

/** The same for a log that may not be looked at, whose run is damaged. */
function stampOf(log: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(log);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
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
