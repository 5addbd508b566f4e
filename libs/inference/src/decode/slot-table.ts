/** A fixed number of places in a batch; the lowest free one is taken first. */
export interface SlotTable<Row> {
  readonly capacity: number;
  /** Number of taken slots. */
  readonly taken: number;
  readonly free: number;
  /** @returns the slot's index. @throws Error when none is free */
  take(row: Row): number;
  /** @throws Error when the slot is not taken */
  release(slot: number): void;
  /** Taken slots in ascending order. */
  entries(): readonly (readonly [slot: number, row: Row])[];
}

/** An empty table. */
export function createSlotTable<Row>(capacity: number): SlotTable<Row> {
  return new ArraySlotTable<Row>(capacity);
}

class ArraySlotTable<Row> implements SlotTable<Row> {
  readonly capacity: number;
  readonly #rows: (Row | undefined)[];
  #taken = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#rows = new Array<Row | undefined>(capacity).fill(undefined);
  }

  get taken(): number {
    return this.#taken;
  }

  get free(): number {
    return this.capacity - this.#taken;
  }

  take(row: Row): number {
    const slot = this.#rows.indexOf(undefined);
    if (slot < 0) throw new Error('every slot is taken');
    this.#rows[slot] = row;
    this.#taken++;
    return slot;
  }

  release(slot: number): void {
    if (this.#rows[slot] === undefined) throw new Error(`slot ${slot} is not taken`);
    this.#rows[slot] = undefined;
    this.#taken--;
  }

  entries(): readonly (readonly [number, Row])[] {
    return this.#rows.flatMap((row, slot) => (row === undefined ? [] : [[slot, row] as const]));
  }
}
