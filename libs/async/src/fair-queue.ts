/** Who an item is for. */
export interface Claim {
  /** Interactive items go before bulk ones. */
  readonly priority: 'interactive' | 'bulk';
  /** Clients of one priority get equal shares of the work, whatever the number and size of their items. */
  readonly clientId: string;
}

/** Of whoever names no other. */
export const ANYONE: Claim = { priority: 'interactive', clientId: '' };

/** Of so many items at least one is a bulk one where any waits, so that bulk work is slowed and never stopped. */
const BULK_SHARE = 8;

/** Items waiting for their turn; items of one client and priority keep their order. */
export class FairQueue<Item> {
  readonly #turns = { interactive: new Turns<Item>(), bulk: new Turns<Item>() };
  #sinceBulk = 0;

  get size(): number {
    return this.#turns.interactive.size + this.#turns.bulk.size;
  }

  /** Items that wait for one client in one priority. */
  sizeOf({ priority, clientId }: Claim): number {
    return this.#turns[priority].sizeOf(clientId);
  }

  /** @param cost how much work the item is, > 0, in any unit that all items share. @default 1 */
  push(item: Item, { priority, clientId }: Claim, cost = 1): void {
    this.#turns[priority].push(item, clientId, cost);
  }

  /** What `pop` would give; undefined where nothing waits. */
  peek(): Item | undefined {
    return this.#next().peek();
  }

  pop(): Item | undefined {
    const from = this.#next();
    this.#sinceBulk = from === this.#turns.bulk ? 0 : this.#sinceBulk + 1;
    return from.pop();
  }

  /** Takes out an item before its turn, at no cost to its client. @returns false where it does not wait */
  remove(item: Item, { priority, clientId }: Claim): boolean {
    return this.#turns[priority].remove(item, clientId);
  }

  #next(): Turns<Item> {
    const { interactive, bulk } = this.#turns;
    const isBulkDue = bulk.size > 0 && this.#sinceBulk >= BULK_SHARE - 1;
    return interactive.size === 0 || isBulkDue ? bulk : interactive;
  }
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

  sizeOf(clientId: string): number {
    const { items, next } = this.#clients.get(clientId) ?? { items: [], next: 0 };
    return items.length - next;
  }

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
    this.#taken(client);
    return first.item;
  }

  remove(item: Item, clientId: string): boolean {
    const client = this.#clients.get(clientId);
    const at = client?.items.findIndex((one, index) => one.item === item && index >= client.next) ?? -1;
    if (client === undefined || at < 0) return false;
    client.items.splice(at, 1);
    this.#taken(client);
    return true;
  }

  #taken(client: Waiting<Item>): void {
    this.size -= 1;
    if (client.next === client.items.length) Object.assign(client, { items: [], next: 0 });
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
