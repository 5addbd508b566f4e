import { FairQueue, SharedPlaces, type Claim } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from './clock.ts';
import { findConfinement, type Confinement, type ConfinementMode } from './confinement/find-confinement.ts';
import { capLimits, defaultLimits, type Limits } from './limits.ts';
import type { Job } from './messages.ts';
import { PoolSlot } from './pool-slot.ts';
import { parseProgram, programBounds, programBytes, type Language, type Program } from './program.ts';
import { runners } from './runners.ts';
import type { Verdict } from './verdict.ts';

/** Size and caps of a {@link SandboxPool}. */
export interface SandboxPoolOptions {
  /** Child processes, each with one program at a time; best one per core. */
  readonly processes: number;
  /** Programs that may wait besides those running; a client of whom none waits has a place beyond. @default 1000 */
  readonly maxQueue?: number;
  /** Programs of one client that may wait. @default `maxQueue` */
  readonly maxQueuePerClient?: number;
  /** Bytes of UTF-8 of all waiting programs, input included. @default 256 MiB */
  readonly maxQueuedBytes?: number;
  /** Caps, and the defaults of a run. @default defaultLimits */
  readonly limits?: Partial<Limits>;
  /** Programs after which a child is replaced. @default 500 */
  readonly programsPerChild?: number;
  /** The confinement of children besides the limits; see the README. @default 'best' */
  readonly confinement?: ConfinementMode;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Generates the secret of a run, which must not be guessable. @default a random UUID */
  readonly nonce?: () => string;
}

/** Options of one run. */
export interface RunOptions {
  /** Removes the program from the queue or kills it at once. */
  readonly signal?: AbortSignal;
  readonly limits?: Partial<Limits>;
  /** Clients are served in turn. @default one client for all that name none */
  readonly clientId?: string;
}

interface Waiting {
  readonly job: Job;
  readonly bytes: number;
  readonly clientId: string;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: unknown) => void;
  /** Gives its place in the queue back. */
  readonly leaveQueue: () => void;
}

/**
 * Runs untrusted programs in isolates inside disposable child processes; owns those processes until {@link SandboxPool.close}.
 */
export class SandboxPool {
  readonly #slots: readonly PoolSlot[];
  readonly #queue = new FairQueue<Waiting>();
  readonly #running = new Map<Waiting, PoolSlot>();
  readonly #places: SharedPlaces;
  readonly #maxQueuePerClient: number;
  readonly #maxQueuedBytes: number;
  readonly #caps: Limits;
  readonly #clock: Clock;
  readonly #nonce: () => string;
  readonly #confinementMode: ConfinementMode;
  #queuedBytes = 0;
  /** Moving mean of a run's time, for the retry hint. */
  #meanRunMs = 50;
  #closed = false;

  /** @throws SipfError `invalid-argument` when a size or limit is out of range. */
  constructor(options: SandboxPoolOptions) {
    const { processes, maxQueue = 1_000, maxQueuePerClient = maxQueue, programsPerChild = 500 } = options;
    const { maxQueuedBytes = 256 * 2 ** 20 } = options;
    requireWhole('processes', processes, 1);
    requireWhole('maxQueue', maxQueue, 0);
    requireWhole('maxQueuePerClient', maxQueuePerClient, 0);
    // With less room the largest program could never wait.
    requireWhole('maxQueuedBytes', maxQueuedBytes, programBounds.stdinBytes);
    requireWhole('programsPerChild', programsPerChild, 1);
    this.#caps = capLimits({}, { ...defaultLimits, ...options.limits });
    this.#clock = options.clock ?? systemClock;
    this.#nonce = options.nonce ?? randomUUID;
    this.#places = SharedPlaces.ofCalls(maxQueue);
    this.#maxQueuePerClient = maxQueuePerClient;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#confinementMode = options.confinement ?? 'best';
    const findPlan = async () => (await this.confinement()).plan;
    const slotOptions = { clock: this.#clock, programsPerChild, findPlan };
    this.#slots = Array.from({ length: processes }, () => new PoolSlot(slotOptions));
  }

  /**
   * Starts the children of some languages ahead of the first program; optional. The first child prepares the file that the others
   * share. @throws SipfError `unavailable` when one cannot be started, or not be confined as required.
   */
  async warmUp(warm: readonly Language[] = ['javascript']): Promise<void> {
    await this.confinement();
    const kinds = new Set(warm.map((language) => runners[language]));
    const [first, ...others] = this.#slots;
    for (const slots of [first === undefined ? [] : [first], others]) {
      await Promise.all(slots.flatMap((slot) => [...kinds].map((runner) => slot.warmUp(runner))));
    }
  }

  /** The caps in force. */
  get limits(): Limits {
    return this.#caps;
  }

  /** How children are confined here. @throws SipfError `unavailable` when all layers are required and this host allows fewer. */
  confinement(): Promise<Confinement> {
    return findConfinement(this.#confinementMode);
  }

  /** Programs running and waiting. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.size, waiting: this.#queue.size };
  }

  /** Ids of the live child processes, for monitoring. */
  get pids(): readonly number[] {
    return this.#slots.flatMap((slot) => slot.pids);
  }

  /**
   * Runs a program and returns its verdict; nothing that a program does makes it throw.
   * @throws SipfError `invalid-argument` for a malformed program or limits, `resource-exhausted` with `retryAfterMs` when the
   * queue is full, `cancelled` when the signal fires, `unavailable` when the pool is closed or children cannot be confined as
   * required.
   */
  async run(program: Program, options: RunOptions = {}): Promise<Verdict> {
    const job = {
      program: parseProgram(program),
      limits: capLimits(options.limits ?? {}, this.#caps),
      nonce: this.#nonce(),
    };
    if (this.#closed) throw closedError();
    if (options.signal?.aborted === true) throw cancelledError();
    const clientId = options.clientId ?? '';
    const bytes = programBytes(program);
    this.#checkRoom(clientId, bytes);
    const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
    const leaveQueue = this.#places.take(1, claimOf(clientId));
    const waiting: Waiting = { job, bytes, clientId, resolve, reject, leaveQueue };
    const cancel = () => {
      this.#cancel(waiting);
    };
    options.signal?.addEventListener('abort', cancel, { once: true });
    this.#queue.push(waiting, claimOf(clientId));
    this.#queuedBytes += bytes;
    this.#pump();
    try {
      return await promise;
    } finally {
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  /** Rejects waiting and running programs as `unavailable`, kills the children and resolves when none is left. */
  async close(): Promise<void> {
    this.#closed = true;
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop())
      next.reject(closedError());
    for (const waiting of this.#running.keys()) waiting.reject(closedError());
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  /** As {@link SandboxPool.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #idleSlot(): PoolSlot | undefined {
    const busy = new Set(this.#running.values());
    return this.#slots.find((slot) => !busy.has(slot));
  }

  #pump(): void {
    for (let slot = this.#idleSlot(); slot !== undefined && !this.#closed; slot = this.#idleSlot()) {
      const next = this.#queue.pop();
      if (next === undefined) return;
      this.#queuedBytes -= next.bytes;
      next.leaveQueue();
      void this.#serve(next, slot);
    }
  }

  async #serve(waiting: Waiting, slot: PoolSlot): Promise<void> {
    this.#running.set(waiting, slot);
    const startMs = this.#clock.now();
    const { language } = waiting.job.program;
    try {
      waiting.resolve(await slot.run(waiting.job, runners[language]));
    } catch (error) {
      waiting.reject(error);
    }
    this.#meanRunMs += (this.#clock.now() - startMs - this.#meanRunMs) / 10;
    this.#running.delete(waiting);
    this.#pump();
  }

  #cancel(waiting: Waiting): void {
    waiting.reject(cancelledError());
    if (this.#queue.remove(waiting, claimOf(waiting.clientId))) {
      this.#queuedBytes -= waiting.bytes;
      waiting.leaveQueue();
      return;
    }
    void this.#running.get(waiting)?.abandon();
  }

  #checkRoom(clientId: string, bytes: number): void {
    if (this.#idleSlot() !== undefined) return;
    const own = this.#queue.sizeOf(claimOf(clientId));
    const all = this.#queue.size;
    if (!this.#places.isFree(1) && !this.#places.keeps(1, claimOf(clientId)))
      throw this.#fullError(
        'SANDBOX_QUEUE_FULL',
        `${all} programs wait already, which is all the queue holds`,
      );
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#maxQueuedBytes)
      throw this.#fullError(
        'SANDBOX_QUEUE_FULL',
        `${this.#queuedBytes} bytes of programs wait already, with these there would be more than ${this.#maxQueuedBytes}`,
      );
    if (own >= this.#maxQueuePerClient)
      throw this.#fullError(
        'QUOTA_EXCEEDED',
        `${own} programs of this client wait already, which is its share`,
      );
  }

  #fullError(reason: string, message: string): SipfError {
    const waitMs = (this.#meanRunMs * (this.#queue.size + 1)) / this.#slots.length;
    return new SipfError('resource-exhausted', message, {
      reason,
      retryAfterMs: Math.max(10, Math.ceil(waitMs)),
    });
  }
}

/** All programs have one priority. */
function claimOf(clientId: string): Claim {
  return { priority: 'interactive', clientId };
}

function requireWhole(field: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new SipfError('invalid-argument', 'the options of the sandbox pool are not valid', {
    reason: 'INVALID_SANDBOX_OPTIONS',
    violations: [{ field, description: `must be a whole number of at least ${least}` }],
  });
}

function closedError(): SipfError {
  return new SipfError('unavailable', 'the sandbox pool is closed', { reason: 'SANDBOX_CLOSED' });
}

function cancelledError(): SipfError {
  return new SipfError('cancelled', 'the run was cancelled by its caller', {
    reason: 'SANDBOX_RUN_CANCELLED',
  });
}
