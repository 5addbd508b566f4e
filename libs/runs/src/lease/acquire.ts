import { delay } from 'abort-controller-x';
import { nextClaim, type Claim } from './claim.ts';
import { Heartbeats, LEASE_TIMES, type LeaseTimes } from './heartbeats.ts';
import { fateOf, type Holder } from './holder.ts';
import { inUse, type Lease } from './lease.ts';

/** Looks at a heartbeat between two of them. */
const LOOKS = 40;

/** How a lease is taken. */
export interface LeaseOptions {
  /** What it is of, for people. @default as its place says */
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

/** What one who looks at a lease sees. */
export interface SeenLease {
  /** Another one for every claim. */
  readonly number: number;
  /** Undefined where it cannot be read. */
  readonly claim: Claim | undefined;
  /** Another one than before whenever its holder was heard. */
  readonly beat: string;
  /** Whether its holder has given it up. */
  readonly isReleased: boolean;
}

/** Where a lease is kept. */
export interface LeasePlace<S extends SeenLease> {
  /** Names it among all that one process looks at. */
  readonly name: string;
  /** What it is of, for people. */
  readonly what: string;
  /** Undefined where nobody ever held it. @param above as of {@link LeaseOptions} */
  look(above: number): Promise<S | undefined>;
  /** Takes it as it was seen. @returns undefined where somebody else was faster */
  take(
    seen: S | undefined,
    claim: Claim,
    how: { readonly what: string; readonly times: LeaseTimes },
  ): Promise<Lease | undefined>;
}

const never = new AbortController().signal;

/**
 * Takes a lease. A holder that is known to be dead is followed at once, one that is silent after a time.
 * @throws SipfError `failed-precondition` RUN_IN_USE while somebody else holds it
 */
export async function acquireAt<S extends SeenLease>(
  place: LeasePlace<S>,
  options: LeaseOptions = {},
): Promise<Lease> {
  const { what = place.what, above = 0, signal = never, patienceMs = 0, times = LEASE_TIMES } = options;
  const heartbeats = options.heartbeats ?? new Heartbeats();
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const seen = await place.look(above);
    const found = standingOf(place.name, seen, { heartbeats, times });
    if (found.standing === 'free') {
      const { isContested } = found;
      const claim = nextClaim([above, seen?.claim?.epoch ?? 0], { isContested, now: Date.now() });
      const lease = await place.take(seen, claim, { what, times });
      if (lease !== undefined) return lease;
      continue;
    }
    const isWatched = found.standing === 'unheard' && options.heartbeats === undefined;
    if (!isWatched && performance.now() >= giveUpAt) throw inUse(what, found.holder);
    await delay(signal, times.beatMs / LOOKS);
  }
}

/**
 * Who holds a lease; undefined for nobody. Where no heartbeats were seen before, a holder elsewhere is listened to for some
 * seconds.
 */
export async function holderAt(
  place: LeasePlace<SeenLease>,
  { heartbeats, times = LEASE_TIMES }: Pick<LeaseOptions, 'heartbeats' | 'times'> = {},
): Promise<Holder | 'unknown' | undefined> {
  const observer = { heartbeats: heartbeats ?? new Heartbeats(), times };
  const giveUpAt = performance.now() + times.beatMs * 2.5;
  for (;;) {
    const found = standingOf(place.name, await place.look(0), observer);
    if (found.standing === 'free') return undefined;
    if (found.standing === 'held' || heartbeats !== undefined) return found.holder ?? 'unknown';
    if (performance.now() >= giveUpAt) return undefined;
    await delay(never, times.beatMs / LOOKS);
  }
}

/** How a lease stands for one who looks. */
type Standing =
  | { readonly standing: 'free'; readonly isContested: boolean }
  /** `unheard`: nothing is known of its holder yet. */
  | { readonly standing: 'held' | 'unheard'; readonly holder: Holder | undefined };

function standingOf(
  name: string,
  seen: SeenLease | undefined,
  { heartbeats, times }: { readonly heartbeats: Heartbeats; readonly times: LeaseTimes },
): Standing {
  if (seen === undefined) return { standing: 'free', isContested: false };
  const { holder, isContested = true } = seen.claim ?? {};
  const fate = holder === undefined ? 'unknown' : fateOf(holder);
  if (seen.isReleased || fate === 'dead') return { standing: 'free', isContested };
  const { stillMs, isHeard } = heartbeats.look(name, seen.number, seen.beat);
  if (stillMs >= times.silentMs) return { standing: 'free', isContested: true };
  return { standing: fate === 'alive' || isHeard ? 'held' : 'unheard', holder };
}
