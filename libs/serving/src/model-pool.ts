import { ChangeSignal, orAborted, untilAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import pLimit from 'p-limit';

/** A model in use; disposing gives it back. */
export interface ModelLease<M> extends AsyncDisposable {
  readonly model: M;
}

/** A bounded number of open models, shared by all calls. */
export interface ModelPool<F extends { readonly key: string }, M> {
  /**
   * The model, opened where it is not. While the pool is full of models in use the call waits, in order of arrival, so
   * that no model is kept away for ever by calls for another.
   * @throws SipfError unavailable SHUTTING_DOWN after `close`; the signal's reason; whatever `open` throws
   */
  acquire(found: F, signal: AbortSignal): Promise<ModelLease<M>>;
  /**
   * Opens a model ahead of its first use where there is room or an idle one to close; does nothing otherwise.
   * @throws whatever `open` throws
   */
  preload(found: F): Promise<void>;
  /** Closes every idle model that is not named. */
  free(keepKeys: ReadonlySet<string>): Promise<void>;
  /** The open models. */
  readonly models: readonly M[];
  /** Closes every model, those in use too: closing one ends its calls. */
  close(): Promise<void>;
}

/** How many models there may be and how one comes and goes. */
export interface PoolOptions<F, M> {
  /** Models open at the same time. */
  readonly maxModels: number;
  readonly open: (found: F) => Promise<M>;
  readonly close: (model: M) => Promise<void>;
}

interface Slot<M> {
  readonly opening: Promise<M>;
  model?: M;
  users: number;
  lastUse: number;
}

/** @see ModelPool */
export function createModelPool<F extends { readonly key: string }, M>(
  options: PoolOptions<F, M>,
): ModelPool<F, M> {
  return new BoundedPool(options);
}

class BoundedPool<F extends { readonly key: string }, M> implements ModelPool<F, M> {
  readonly #options: PoolOptions<F, M>;
  readonly #slots = new Map<string, Slot<M>>();
  /** Arrivals pass one at a time, so room is given in order. */
  readonly #inTurn = pLimit(1);
  /** A slot may have become idle or vacant. */
  readonly #change = new ChangeSignal();
  #clock = 0;
  #closed = false;

  constructor(options: PoolOptions<F, M>) {
    this.#options = options;
  }

  get models(): readonly M[] {
    return [...this.#slots.values()].flatMap(({ model }) => (model === undefined ? [] : [model]));
  }

  async acquire(found: F, signal: AbortSignal): Promise<ModelLease<M>> {
    const slot = await this.#inTurn(async () => {
      const reserved = await this.#slotFor(found, signal);
      reserved.users++;
      return reserved;
    });
    let given = false;
    const giveBack = (): Promise<void> => {
      if (given) return Promise.resolve();
      given = true;
      slot.users--;
      slot.lastUse = ++this.#clock;
      this.#change.notify();
      return Promise.resolve();
    };
    try {
      // The opening goes on: the next call finds the model.
      const model = await orAborted(slot.opening, signal);
      return { model, [Symbol.asyncDispose]: giveBack };
    } catch (error) {
      await giveBack();
      throw error;
    }
  }

  async preload(found: F): Promise<void> {
    const slot = await this.#inTurn(async () => {
      const known = this.#slots.get(found.key);
      if (known !== undefined || this.#closed) return known;
      if (this.#isFull() && !(await this.#closeIdle(1))) return undefined;
      return this.#open(found);
    });
    await slot?.opening;
  }

  async free(keepKeys: ReadonlySet<string>): Promise<void> {
    await this.#inTurn(() => this.#closeIdle(Number.POSITIVE_INFINITY, keepKeys));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#change.notify();
    await this.#inTurn(async () => {
      const slots = [...this.#slots.values()];
      this.#slots.clear();
      const opened = await Promise.allSettled(slots.map(({ opening }) => opening));
      const models = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      await Promise.all(models.map((model) => this.#options.close(model)));
    });
  }

  async #slotFor(found: F, signal: AbortSignal): Promise<Slot<M>> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#closed) throw shuttingDown();
      const known = this.#slots.get(found.key);
      if (known !== undefined) return known;
      // Taken before looking for room: a change during the look must not be missed.
      const { changed } = this.#change;
      if (!this.#isFull() || (await this.#closeIdle(1))) return this.#open(found);
      await untilAborted(changed, signal);
    }
  }

  #isFull(): boolean {
    return this.#slots.size >= this.#options.maxModels;
  }

  #open(found: F): Slot<M> {
    const slot: Slot<M> = { opening: this.#options.open(found), users: 0, lastUse: ++this.#clock };
    this.#slots.set(found.key, slot);
    slot.opening.then(
      (model) => {
        slot.model = model;
        this.#change.notify();
      },
      () => {
        this.#slots.delete(found.key);
        this.#change.notify();
      },
    );
    return slot;
  }

  /** Closes idle models, the least recently used first. @returns whether any was closed */
  async #closeIdle(count: number, keep: ReadonlySet<string> = new Set()): Promise<boolean> {
    const idle = [...this.#slots.entries()]
      .filter(([key, slot]) => slot.users === 0 && slot.model !== undefined && !keep.has(key))
      .sort(([, a], [, b]) => a.lastUse - b.lastUse)
      .slice(0, count);
    for (const [key, slot] of idle) {
      this.#slots.delete(key);
      if (slot.model !== undefined) await this.#options.close(slot.model);
    }
    return idle.length > 0;
  }
}

function shuttingDown(): SipfError {
  return new SipfError('unavailable', 'the service is stopping', { reason: 'SHUTTING_DOWN' });
}
