/** Something that is kept, and how much of the cache it takes; it may grow. */
export interface Weighted {
  readonly weight: number;
}

interface Entry<T> {
  readonly making: Promise<T>;
  /** 0 while it is being made. */
  weight: number;
}

/**
 * Keeps what was used most recently, up to a total weight; what is being made counts nothing. Two callers that want the same
 * at the same time wait for one making.
 */
export class BoundedCache<T extends Weighted> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #maxWeight: number;
  #weight = 0;

  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  /** What is kept under the key, else what `make` makes; a failure is not kept. */
  async get(key: string, make: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? { making: make(), weight: 0 };
    // The order of a Map is that of insertion: the first one is the longest unused.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    try {
      const made = await entry.making;
      if (this.#entries.get(key) === entry) this.#weigh(entry, made.weight);
      return made;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  #weigh(entry: Entry<T>, weight: number): void {
    this.#weight += weight - entry.weight;
    entry.weight = weight;
    for (const [key, oldest] of this.#entries) {
      if (this.#weight <= this.#maxWeight) return;
      if (oldest === entry || oldest.weight === 0) continue;
      this.#entries.delete(key);
      this.#weight -= oldest.weight;
    }
  }
}
