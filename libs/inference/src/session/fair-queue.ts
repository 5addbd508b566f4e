/** Who an item is for. */
export interface Claim {
  /** Interactive items go before bulk ones. */
  readonly priority: 'interactive' | 'bulk';
  /** Clients of one priority get equal shares of the work, whatever the number and size of their items. */
  readonly clientId: string;
}

/** Of whoever names no other. */
export const ANYONE: Claim = { priority: 'interactive', clientId: '' };

/** Items waiting for their turn; items of one client and priority keep their order. */
export interface FairQueue<Item> {
  readonly size: number;
  /** @param cost how much work the item is, > 0, in any unit that all items share. @default 1 */
  push(item: Item, claim: Claim, cost?: number): void;
  /** What `pop` would give; undefined where nothing waits. */
  peek(): Item | undefined;
  pop(): Item | undefined;
}

/** Of so many items at least one is a bulk one where any waits, so that bulk work is slowed and never stopped. */
const BULK_SHARE = 8;

/** An empty queue. */
export function createFairQueue<Item>(): FairQueue<Item> {
  const turns = { interactive: new Turns<Item>(), bulk: new Turns<Item>() };
  let sinceBulk = 0;
  const next = (): Turns<Item> => {
    const isBulkDue = turns.bulk.size > 0 && sinceBulk >= BULK_SHARE - 1;
    return turns.interactive.size === 0 || isBulkDue ? turns.bulk : turns.interactive;
  };
  return {
    get size() {
      return turns.interactive.size + turns.bulk.size;
    },
    push: (item, { priority, clientId }, cost = 1) => {
      turns[priority].push(item, clientId, cost);
    },
    peek: () => next().peek(),
    pop: () => {
      const from = next();
      sinceBulk = from === turns.bulk ? 0 : sinceBulk + 1;
      return from.pop();
    },
  };
}

interface Waiting<Item> {
  items: { readonly item: Item; readonly cost: number }[];
  /** Of the first item that waits. */
  next: number;
  /** Cost of what the client was given, on the scale of all clients of this priority. */
  given: number;
}

/** Clients by how much they were given: who was given least is next, and who comes new begins where the others are. */
class Turns<Item> {
  size = 0;
  /** Those that wait, and those that were given more than the others and may come again. */
  readonly #clients = new Map<string, Waiting<Item>>();
  /** What the client of the latest turn had been given before it. */
  #given = 0;

  push(item: Item, clientId: string, cost: number): void {
    const client = this.#clients.get(clientId) ?? { items: [], next: 0, given: 0 };
    client.given = Math.max(client.given, this.#given);
    client.items.push({ item, cost });
    this.#clients.set(clientId, client);
    this.size += 1;
  }

  peek(): Item | undefined {
    const client = this.#due();
    return client?.items[client.next]?.item;
  }

  pop(): Item | undefined {
    const client = this.#due();
    const first = client?.items[client.next];
    if (client === undefined || first === undefined) return undefined;
    this.#given = client.given;
    client.given += first.cost;
    client.next += 1;
    this.size -= 1;
    if (client.next === client.items.length) Object.assign(client, { items: [], next: 0 });
    return first.item;
  }

  #due(): Waiting<Item> | undefined {
    let due: Waiting<Item> | undefined;
    for (const [clientId, client] of this.#clients) {
      if (client.items.length === 0) {
        if (client.given <= this.#given) this.#clients.delete(clientId);
      } else if (due === undefined || client.given < due.given) due = client;
    }
    return due;
  }
}
