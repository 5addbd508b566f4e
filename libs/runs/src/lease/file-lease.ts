import { basename, dirname } from 'node:path';
import { acquireAt, holderAt, type LeaseOptions, type LeasePlace, type SeenLease } from './acquire.ts';
import {
  forgetClaims,
  makeClaim,
  newestClaim,
  newestClaimNow,
  readBeat,
  readClaim,
  RELEASED,
  writeBeat,
} from './claim-files.ts';
import type { Claim } from './claim.ts';
import type { LeaseTimes } from './heartbeats.ts';
import type { Holder } from './holder.ts';
import { leaseLost, type Lease } from './lease.ts';

/**
 * Takes a lease that is a folder of files, on a disk that its holders share, be they processes of one host or of several.
 * @throws SipfError `failed-precondition` RUN_IN_USE while somebody else holds it
 */
export async function acquireLease(folder: string, options: LeaseOptions = {}): Promise<Lease> {
  return await acquireAt(placeIn(folder), options);
}

/** Who holds a lease that is a folder of files, as `holderAt` says it. */
export async function holderOf(
  folder: string,
  options: Pick<LeaseOptions, 'heartbeats' | 'times'> = {},
): Promise<Holder | 'unknown' | undefined> {
  return await holderAt(placeIn(folder), options);
}

function placeIn(folder: string): LeasePlace<SeenLease> {
  return {
    name: folder,
    what: `run ${basename(dirname(folder))}`,
    look: async () => {
      const number = await newestClaim(folder);
      if (number === 0) return undefined;
      const claim = await readClaim(folder, number);
      const beat = await readBeat(folder, number);
      return { number, claim, beat, isReleased: beat === RELEASED || abandoned.has(`${folder} ${number}`) };
    },
    take: async (seen, claim, how) => {
      const number = (seen?.number ?? 0) + 1;
      const isTaken = await takeNumber(folder, number, claim);
      return isTaken ? await FileLease.begin(folder, { ...how, number, claim }) : undefined;
    },
  };
}

/** Of those who want a number one gets it, and it counts only while it is the highest. */
async function takeNumber(folder: string, number: number, claim: Claim): Promise<boolean> {
  return (await makeClaim(folder, number, claim)) && (await newestClaim(folder)) === number;
}

interface HeldLease {
  readonly what: string;
  readonly times: LeaseTimes;
  /** Of the claim in the folder. */
  readonly number: number;
  readonly claim: Claim;
}

/** Leases that this process has given up without being able to say so on the disk. */
const abandoned = new Set<string>();

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

  checkNow(): boolean {
    this.#require(newestClaimNow(this.#folder));
    return true;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    if (this.#lost.signal.aborted) return;
    // Its folder may be gone, with all that was written under the lease; its disk may be full.
    await writeBeat(this.#folder, this.#number, RELEASED).catch(() => {
      abandoned.add(`${this.#folder} ${this.#number}`);
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
