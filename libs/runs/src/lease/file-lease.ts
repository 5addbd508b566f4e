import { delay } from 'abort-controller-x';
import { basename, dirname } from 'node:path';
import { forgetClaims, makeClaim, newestClaim, newestClaimNow, RELEASED, writeBeat } from './claim-files.ts';
import { nextClaim, type Claim } from './claim.ts';
import { Heartbeats, LEASE_TIMES, type LeaseTimes } from './heartbeats.ts';
import type { Holder } from './holder.ts';
import { inUse, leaseLost, type Lease } from './lease.ts';
import { abandon, standingOf } from './standing.ts';

/** Looks at a heartbeat between two of them. */
const LOOKS = 40;

/** How a lease is taken. */
export interface LeaseOptions {
  /** What it is of, for people. @default `run <name of the folder that the lease's folder is in>` */
  readonly what?: string;
  /** Epochs up to this one were used before, as what was written under the lease says. @default 0 */
  readonly above?: number;
  /** What this process has seen of holders so far, where it does not want to wait for more. @default it waits */
  readonly heartbeats?: Heartbeats;
  /** Ends the wait for a holder elsewhere. @default none */
  readonly signal?: AbortSignal;
  /** How long a holder that lives may take to give it up, in milliseconds. @default 0 */
  readonly patienceMs?: number;
  readonly times?: LeaseTimes;
}

const never = new AbortController().signal;

/**
 * Takes a lease that is a folder of files, on a disk that its holders share, be they processes of one host or of several. A
 * holder that is known to be dead is followed at once, one that is silent after a time.
 * @throws SipfError `failed-precondition` RUN_IN_USE while somebody else holds it
 */
export async function acquireLease(folder: string, options: LeaseOptions = {}): Promise<Lease> {
  const { what = `run ${basename(dirname(folder))}`, above = 0, signal = never, patienceMs = 0 } = options;
  const { times = LEASE_TIMES, heartbeats = new Heartbeats() } = options;
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const newest = await newestClaim(folder);
    const found = await standingOf(folder, newest, { heartbeats, times });
    if (found.standing === 'free') {
      const { isContested, epoch } = found;
      const number = newest + 1;
      const claim = nextClaim([above, epoch], { isContested, now: Date.now() });
      if (await takeNumber(folder, number, claim))
        return await FileLease.begin(folder, { what, times, number, claim });
      continue;
    }
    const isWatched = found.standing === 'unheard' && options.heartbeats === undefined;
    if (!isWatched && performance.now() >= giveUpAt) throw inUse(what, found.holder);
    await delay(signal, times.beatMs / LOOKS);
  }
}

/** Of those who want a number one gets it, and it counts only while it is the highest. */
async function takeNumber(folder: string, number: number, claim: Claim): Promise<boolean> {
  return (await makeClaim(folder, number, claim)) && (await newestClaim(folder)) === number;
}

/**
 * Who holds a lease; undefined for nobody. Where no heartbeats were seen before, a holder elsewhere is listened to for some
 * seconds.
 */
export async function holderOf(
  folder: string,
  { heartbeats, times = LEASE_TIMES }: Pick<LeaseOptions, 'heartbeats' | 'times'> = {},
): Promise<Holder | 'unknown' | undefined> {
  const seen = heartbeats ?? new Heartbeats();
  const giveUpAt = performance.now() + times.beatMs * 2.5;
  for (;;) {
    const found = await standingOf(folder, await newestClaim(folder), { heartbeats: seen, times });
    if (found.standing === 'free') return undefined;
    if (found.standing === 'held' || heartbeats !== undefined) return found.holder ?? 'unknown';
    if (performance.now() >= giveUpAt) return undefined;
    await delay(never, times.beatMs / LOOKS);
  }
}

interface HeldLease {
  readonly what: string;
  readonly times: LeaseTimes;
  /** Of the claim in the folder. */
  readonly number: number;
  readonly claim: Claim;
}

class FileLease implements Lease {
  readonly epoch: number;
  readonly isContested: boolean;
  readonly #number: number;
  readonly #folder: string;
  readonly #what: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #beats = 0;
  #beating: Promise<void> = Promise.resolve();

  private constructor(folder: string, { what, times, number, claim }: HeldLease) {
    this.#folder = folder;
    this.#what = what;
    this.#number = number;
    this.epoch = claim.epoch;
    this.isContested = claim.isContested;
    this.#timer = setInterval(() => {
      this.#beating = this.#beat();
    }, times.beatMs);
    // A process that has nothing else to do may end.
    this.#timer.unref();
  }

  static async begin(folder: string, held: HeldLease): Promise<FileLease> {
    const lease = new FileLease(folder, held);
    await lease.#beat();
    await forgetClaims(folder, held.number);
    return lease;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async check(): Promise<void> {
    this.#require(await newestClaim(this.#folder));
  }

  checkNow(): void {
    this.#require(newestClaimNow(this.#folder));
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    if (this.#lost.signal.aborted) return;
    // Its folder may be gone, with all that was written under the lease; its disk may be full.
    await writeBeat(this.#folder, this.#number, RELEASED).catch(() => {
      abandon(this.#folder, this.#number);
    });
  }

  /** What cannot be written now is tried again at the next one. */
  async #beat(): Promise<void> {
    try {
      await this.check();
      await writeBeat(this.#folder, this.#number, String(++this.#beats));
    } catch {
      // A lost lease has aborted its signal.
    }
  }

  #require(newest: number): void {
    if (newest !== this.#number && !this.#lost.signal.aborted) {
      clearInterval(this.#timer);
      this.#lost.abort(leaseLost(this.#what));
    }
    this.#lost.signal.throwIfAborted();
  }
}
