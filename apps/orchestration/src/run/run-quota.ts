import { SipfError } from '@sipf/errors';

/** Bounds on the runs that are driven at the same time; undefined for none. */
export interface RunLimits {
  readonly maxRuns?: number | undefined;
  readonly maxRunsPerCaller?: number | undefined;
}

/** A run lasts for minutes at least. */
const RETRY_AFTER_MS = 60_000;

/** Counts the runs under way of all and of each caller. */
export class RunQuota {
  readonly #limits: RunLimits;
  readonly #byOwner = new Map<string, number>();

  constructor(limits: RunLimits) {
    this.#limits = limits;
  }

  /**
   * Takes a slot for a run.
   * @param owner whose run it is; empty for callers without a name, who share one quota
   * @returns gives it back, once
   * @throws SipfError `resource-exhausted` QUOTA_EXCEEDED
   */
  take(owner: string): () => void {
    const { maxRuns = Infinity, maxRunsPerCaller = Infinity } = this.#limits;
    const own = this.#byOwner.get(owner) ?? 0;
    if (own >= maxRunsPerCaller)
      throw exceeded(
        `${owner === '' ? 'callers without a token have' : `${owner} has`} ${own} runs under way`,
      );
    const all = [...this.#byOwner.values()].reduce((sum, count) => sum + count, 0);
    if (all >= maxRuns) throw exceeded(`${all} runs are under way`);
    return this.admit(owner);
  }

  /** Takes a slot, even beyond the quota: for a run that had one before its orchestrator was restarted. */
  admit(owner: string): () => void {
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const left = (this.#byOwner.get(owner) ?? 1) - 1;
      if (left === 0) this.#byOwner.delete(owner);
      else this.#byOwner.set(owner, left);
    };
  }
}

function exceeded(what: string): SipfError {
  return new SipfError('resource-exhausted', `${what}, which is all that this orchestrator takes`, {
    reason: 'QUOTA_EXCEEDED',
    retryAfterMs: RETRY_AFTER_MS,
  });
}
