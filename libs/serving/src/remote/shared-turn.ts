import { orAborted } from '@sipf/async';

interface Waiting {
  readonly key: string;
  readonly admit: () => void;
}

/** How long one key may keep the others waiting. */
export interface SharedTurnOptions {
  /** Callers of the key that is in overtake those who wait for this long after it came in. */
  readonly holdMs: number;
  /** Milliseconds. */
  readonly now: () => number;
}

const AT_ONCE: SharedTurnOptions = { holdMs: 0, now: () => 0 };

/** Lets callers of one key in together, and those of another key only when all of them have left. */
export class SharedTurn {
  readonly #options: SharedTurnOptions;
  #key: string | undefined;
  #since = 0;
  #users = 0;
  #waiting: Waiting[] = [];

  /** @param options @default nobody overtakes */
  constructor(options: SharedTurnOptions = AT_ONCE) {
    this.#options = options;
  }

  /** @returns leaves; call it once. @throws AbortError once the signal fires */
  async enter(key: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    // Who comes later does not overtake for long, so that no key waits for ever.
    const { holdMs, now } = this.#options;
    const isOpen = this.#waiting.length === 0 || now() - this.#since < holdMs;
    if (this.#users === 0 || (this.#key === key && isOpen)) this.#admit(key);
    else await this.#wait(key, signal);
    return () => {
      this.#users -= 1;
      this.#next();
    };
  }

  async #wait(key: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const entry: Waiting = {
      key,
      admit: () => {
        this.#admit(key);
        resolve(undefined);
      },
    };
    this.#waiting.push(entry);
    try {
      await orAborted(promise, signal);
    } catch (error) {
      if (this.#waiting.includes(entry)) this.#waiting = this.#waiting.filter((other) => other !== entry);
      else this.#users -= 1;
      this.#next();
      throw error;
    }
  }

  #admit(key: string): void {
    if (this.#key !== key) this.#since = this.#options.now();
    this.#key = key;
    this.#users += 1;
  }

  #next(): void {
    const [first] = this.#waiting;
    if (this.#users > 0 || first === undefined) return;
    const admitted = this.#waiting.filter(({ key }) => key === first.key);
    this.#waiting = this.#waiting.filter(({ key }) => key !== first.key);
    for (const { admit } of admitted) admit();
  }
}
