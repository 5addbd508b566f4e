import type { Outcome } from '@sipf/method';

/** Outcomes of the first roll-outs of prefixes, by {@link prefixKey}, to avoid drawing them again. Bounded. */
export class RolloutCache {
  readonly #maxPrefixes: number;
  readonly #outcomes = new Map<string, readonly Outcome[]>();

  /** @param maxPrefixes beyond it the least recently used is evicted; a prefix takes some hundred bytes */
  constructor(maxPrefixes: number) {
    this.#maxPrefixes = maxPrefixes;
  }

  /** The outcomes in the order of their samples; none for an unknown prefix. */
  get(key: string): readonly Outcome[] {
    const outcomes = this.#outcomes.get(key) ?? [];
    if (this.#outcomes.delete(key)) this.#outcomes.set(key, outcomes);
    return outcomes;
  }

  /** Keeps them, unless one is unknown: it may be judged the next time. */
  set(key: string, outcomes: readonly Outcome[]): void {
    if (outcomes.includes('unknown')) return;
    this.#outcomes.delete(key);
    this.#outcomes.set(key, outcomes);
    const [oldest] = this.#outcomes.keys();
    if (this.#outcomes.size > this.#maxPrefixes && oldest !== undefined) this.#outcomes.delete(oldest);
  }
}
