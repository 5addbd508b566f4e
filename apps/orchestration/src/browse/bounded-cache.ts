/** Something that is kept, and how much of the cache it takes. */
export interface Weighted {
  readonly weight: number;
}

/**
 * Keeps what was made most recently used, up to a total weight; what is under way counts nothing. Two callers that want
 * the same at the same time wait for one making.
 */
export class BoundedCache<T extends Weighted> {
  readonly #entries = new Map<string, { readonly making: Promise<T>; weight: number }>();
  readonly #maxWeight: number;
  #weight = 0;

  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  /** What is kept under the key, else what `make` makes; a failure is not kept. */
  async get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      // The order of a Map is that of insertion: the first one is the longest unused.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return await known.making;
    }
    const entry = { making: make(), weight: 0 };
    this.#entries.set(key, entry);
    try {
      const made = await entry.making;
      this.#weigh(entry, made.weight);
      return made;
    } catch (error) {
      this.#entries.delete(key);
      throw error;
    }
  }

  #weigh(entry: { weight: number }, weight: number): void {
    entry.weight = weight;
    this.#weight += weight;
    for (const [key, oldest] of this.#entries) {
      if (this.#weight <= this.#maxWeight) return;
      if (oldest === entry || oldest.weight === 0) continue;
      this.#entries.delete(key);
      this.#weight -= oldest.weight;
    }
  }
}
