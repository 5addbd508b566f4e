import { canonicalBytes, digestBytes, type ArtifactStore } from '@sipf/artifacts';
import { throwIfAborted, type CallOptions } from '@sipf/async';
import type { Logger } from '@sipf/service';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** How claims are kept and given up, in milliseconds. */
interface ClaimTiming {
  /** Between two signs of life of who works. */
  readonly beatMs: number;
  /** Until who claims at the same time has done so too: the last of them works. */
  readonly settleMs: number;
  /** Without a sign of life for as long, it was killed. */
  readonly silentMs: number;
  /** Longest wait for another's work, whatever signs it gives; then both work. */
  readonly longestMs: number;
  /** How often the log says what is waited for. */
  readonly sayMs: number;
}

const TIMING: ClaimTiming = {
  ...{ beatMs: 5000, settleMs: 500, silentMs: 60_000, longestMs: 3_600_000, sayMs: 60_000 },
};

/** A work that replicas over one store share out. */
export interface ClaimedWork<T> extends Pick<CallOptions, 'signal'> {
  readonly store: ArtifactStore;
  /** Of what is made. */
  readonly key: string;
  /** What it is, for people. */
  readonly what: string;
  /** Its result, where somebody has it. */
  readonly recall: () => Promise<T | undefined>;
  readonly work: () => Promise<T>;
  readonly logger?: Logger | undefined;
  readonly timing?: Partial<ClaimTiming>;
}

const FREE = digestBytes(canonicalBytes({ what: 'free' }));

/**
 * Has one replica do a work, and the others wait for its result. The store remembers who is at it, by signs of life that change;
 * a replica that gives none for a minute was killed, and another takes its place. It is no lock: rarely two may work at a time,
 * so that their results must be equal.
 * @throws whatever the work throws; the signal's reason
 */
export async function claimedWork<T>(claimed: ClaimedWork<T>): Promise<T> {
  const claim = new Claim(claimed);
  const waiting = new Waiting(claimed);
  for (;;) {
    const known = await claimed.recall();
    if (known !== undefined) return known;
    if (waiting.isOver) return await claimed.work();
    if (await claim.isOthers()) {
      await waiting.pause();
      continue;
    }
    try {
      if (await claim.take()) return await claimed.work();
    } catch (error) {
      // Who took this replica for a killed one has removed its draft.
      if (claimed.signal?.aborted === true || (await claim.isMine())) throw error;
    } finally {
      await claim.release();
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  await sleep(ms, undefined, { signal }).catch(() => {
    throwIfAborted(signal);
  });
}

class Claim {
  readonly #store: ArtifactStore;
  readonly #key: string;
  readonly #timing: ClaimTiming;
  readonly #signal: AbortSignal | undefined;
  readonly #owner = randomUUID();
  #beats = 0;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #seen: string | undefined;
  #seenAt = 0;

  constructor({ store, key, timing, signal }: ClaimedWork<unknown>) {
    this.#store = store;
    this.#key = digestBytes(canonicalBytes({ what: 'claim', of: key }));
    this.#timing = { ...TIMING, ...timing };
    this.#signal = signal;
  }

  /** Whether another works, by the signs that it gave since this was first asked. */
  async isOthers(): Promise<boolean> {
    const found = await this.#store.recall(this.#key);
    if (found === undefined || found === FREE) return false;
    if (found !== this.#seen) [this.#seen, this.#seenAt] = [found, performance.now()];
    return performance.now() - this.#seenAt < this.#timing.silentMs;
  }

  /** @returns false where another one took it at the same time */
  async take(): Promise<boolean> {
    await this.#beat();
    await pause(this.#timing.settleMs, this.#signal);
    if (!(await this.isMine())) return false;
    this.#timer = setInterval(() => {
      // A store that fails is met by the work itself.
      this.#beating = this.#beat().catch(() => undefined);
    }, this.#timing.beatMs);
    return true;
  }

  async isMine(): Promise<boolean> {
    await this.#beating;
    return (await this.#store.recall(this.#key)) === this.#sign();
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    if (await this.isMine().catch(() => false)) await this.#store.remember(this.#key, FREE);
  }

  async #beat(): Promise<void> {
    this.#beats++;
    await this.#store.remember(this.#key, this.#sign());
  }

  #sign(): string {
    return digestBytes(canonicalBytes({ owner: this.#owner, beats: this.#beats }));
  }
}

class Waiting {
  readonly #claimed: ClaimedWork<unknown>;
  readonly #timing: ClaimTiming;
  #since: number | undefined;
  #saidAt = 0;

  constructor(claimed: ClaimedWork<unknown>) {
    this.#claimed = claimed;
    this.#timing = { ...TIMING, ...claimed.timing };
  }

  get isOver(): boolean {
    return this.#since !== undefined && performance.now() - this.#since > this.#timing.longestMs;
  }

  async pause(): Promise<void> {
    const { what, logger, signal } = this.#claimed;
    const now = performance.now();
    if (this.#since === undefined || now - this.#saidAt > this.#timing.sayMs) {
      this.#since ??= now;
      this.#saidAt = now;
      logger?.info(`waits for another replica that is at ${what}`);
    }
    await pause(this.#timing.settleMs, signal);
  }
}
