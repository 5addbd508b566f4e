import { delay } from 'abort-controller-x';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { LeasePlace, SeenLease } from './acquire.ts';
import { claim, type Claim } from './claim.ts';
import type { LeaseTimes } from './heartbeats.ts';
import { describeHolder } from './holder.ts';
import { leaseLost, type Lease } from './lease.ts';

const record = z.object({ claim, beats: z.int().min(0), isReleased: z.boolean() });
/** A lease as a server keeps it. */
type LeaseRecord = Readonly<z.infer<typeof record>>;

/** One text on a server, which is changed only by who has seen it as it is. */
export interface LeaseRecords {
  /** Undefined where there is none. */
  read(): Promise<{ readonly text: string; readonly revision: string } | undefined>;
  /**
   * @param revision of the text that it follows; undefined for the first one
   * @param holder who holds the lease, for people; undefined once it is given up
   * @returns undefined where it is another one by now
   */
  write(text: string, revision: string | undefined, holder: string | undefined): Promise<string | undefined>;
}

/** Between two attempts to reach the server. */
const AGAIN_MS = 500;

interface SeenRecord extends SeenLease {
  readonly revision: string | undefined;
}

/** A lease that is a text on a server. @param what it is of, for people */
export function recordPlace(records: LeaseRecords, what: string): LeasePlace<SeenRecord> {
  return {
    name: what,
    what,
    look: async (above) => {
      const found = await records.read();
      // The server has lost it, and its holder may not know yet: it is waited for as for one that is silent.
      if (found === undefined && above > 0)
        return { number: 0, claim: undefined, beat: '', isReleased: false, revision: undefined };
      return found && seenIn(found);
    },
    take: async (seen, taken, { times }) => {
      const text = textOf({ claim: taken, beats: 0, isReleased: false });
      const startedAt = performance.now();
      const revision = await records.write(text, seen?.revision, describeHolder(taken.holder));
      return revision === undefined
        ? undefined
        : new RecordLease(records, { what, times, claim: taken, revision, startedAt });
    },
  };
}

function seenIn({ text, revision }: { readonly text: string; readonly revision: string }): SeenRecord {
  const found = record.safeParse(parseJson(text)).data;
  const { claim: made, beats = 0, isReleased = false } = found ?? {};
  return { number: made?.epoch ?? 0, claim: made, beat: `${beats}`, isReleased, revision };
}

const textOf = (one: LeaseRecord): string => JSON.stringify(one);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

interface HeldRecord {
  readonly what: string;
  readonly times: LeaseTimes;
  readonly claim: Claim;
  readonly revision: string;
  /** When the write that took it began, by this process's monotonic clock. */
  readonly startedAt: number;
}

/**
 * Nobody takes it over before it was silent for `silentMs`; it counts as sure for half of that after each renewal, and is then
 * renewed before anything is written.
 */
class RecordLease implements Lease {
  readonly epoch: number;
  readonly isContested: boolean;
  readonly #records: LeaseRecords;
  readonly #held: HeldRecord;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #revision: string | undefined;
  #renewedAt: number;
  #beats = 0;
  #renewing: Promise<void> | undefined;
  #trouble: string | undefined;

  constructor(records: LeaseRecords, held: HeldRecord) {
    this.#records = records;
    this.#held = held;
    this.#revision = held.revision;
    this.#renewedAt = held.startedAt;
    this.epoch = held.claim.epoch;
    this.isContested = held.claim.isContested;
    this.#timer = setInterval(() => {
      // A server that is away is asked again; what it says of others aborts the signal.
      this.#renew().catch(() => undefined);
    }, held.times.beatMs);
    this.#timer.unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  async check(): Promise<void> {
    while (!this.checkNow()) {
      await this.#renew().catch(async () => {
        this.#lost.signal.throwIfAborted();
        await delay(this.#lost.signal, AGAIN_MS).catch(() => undefined);
      });
    }
  }

  checkNow(): boolean {
    this.#lost.signal.throwIfAborted();
    return performance.now() - this.#renewedAt < this.#held.times.silentMs / 2;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing?.catch(() => undefined);
    if (!this.#lost.signal.aborted) await this.#write(true).catch(() => undefined);
  }

  /** One at a time. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#write(false).then(
      () => {
        this.#renewing = this.#trouble = undefined;
      },
      (error: unknown) => {
        this.#renewing = undefined;
        this.#trouble = error instanceof Error ? error.message : String(error);
        throw error;
      },
    );
    return this.#renewing;
  }

  async #write(isReleased: boolean): Promise<void> {
    const { claim: own } = this.#held;
    const startedAt = performance.now();
    const text = textOf({ claim: own, beats: ++this.#beats, isReleased });
    const holder = isReleased ? undefined : describeHolder(own.holder);
    const revision = await this.#records.write(text, this.#revision, holder);
    if (revision !== undefined) {
      this.#revision = revision;
      this.#renewedAt = startedAt;
      return;
    }
    const found = await this.#records.read();
    // An earlier write may have been done whose answer was lost; a server that has lost the text gets it again.
    const isOwn = found === undefined || isDeepStrictEqual(seenIn(found).claim, own);
    if (isOwn) this.#revision = found?.revision;
    else this.#lose();
    this.#lost.signal.throwIfAborted();
  }

  #lose(): void {
    clearInterval(this.#timer);
    this.#lost.abort(leaseLost(this.#held.what));
  }
}
