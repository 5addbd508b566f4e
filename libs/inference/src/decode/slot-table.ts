/** Slots of a batch: the lowest free one is taken first, and taken ones can be moved together. */
export class SlotTable<Row> {
  readonly #rows: (Row | undefined)[] = [];
  #taken = 0;

  /** Number of taken slots. */
  get taken(): number {
    return this.#taken;
  }

  /** Puts a row into the lowest free slot and gives its index. */
  take(row: Row): number {
    const free = this.#rows.indexOf(undefined);
    const slot = free < 0 ? this.#rows.length : free;
    this.#rows[slot] = row;
    this.#taken++;
    return slot;
  }

  /** @throws Error when the slot is not taken */
  release(slot: number): void {
    if (this.#rows[slot] === undefined) throw new Error(`slot ${slot} is not taken`);
    this.#rows[slot] = undefined;
    this.#taken--;
  }

  /** Moves rows from the end into free slots, so that the taken ones are the first; `moved` is called for each. */
  compact(moved: (from: number, to: number) => void): void {
    while (this.#rows.length > this.#taken) {
      const row = this.#rows.pop();
      if (row === undefined) continue;
      const to = this.#rows.indexOf(undefined);
      this.#rows[to] = row;
      moved(this.#rows.length, to);
    }
  }

  /** Taken slots in ascending order. */
  entries(): readonly (readonly [slot: number, row: Row])[] {
    return this.#rows.flatMap((row, slot) => (row === undefined ? [] : [[slot, row] as const]));
  }
}
