/** A queue that serves its clients in turn, each client's items in order, so that no client waits behind another's backlog. */
export class FairQueue<Item> {
  readonly #lanes = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many items of a client wait. */
  sizeOf(clientId: string): number {
    return this.#lanes.get(clientId)?.length ?? 0;
  }

  push(clientId: string, item: Item): void {
    const lane = this.#lanes.get(clientId);
    if (lane === undefined) this.#lanes.set(clientId, [item]);
    else lane.push(item);
    this.#size += 1;
  }

  /** Takes the next client's oldest item; that client then waits behind all others. */
  shift(): Item | undefined {
    for (const [clientId, lane] of this.#lanes) {
      const item = lane.shift();
      this.#lanes.delete(clientId);
      if (lane.length > 0) this.#lanes.set(clientId, lane);
      if (item !== undefined) this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** Takes out one item wherever it stands; false when it is not queued. */
  remove(clientId: string, item: Item): boolean {
    const lane = this.#lanes.get(clientId);
    const index = lane?.indexOf(item) ?? -1;
    if (lane === undefined || index < 0) return false;
    lane.splice(index, 1);
    if (lane.length === 0) this.#lanes.delete(clientId);
    this.#size -= 1;
    return true;
  }
}
