/** Who an item is for. */
export interface Claim {
  /** Interactive items go before bulk ones. */
  readonly priority: 'interactive' | 'bulk';
  /** Clients of one priority take turns, one item each. */
  readonly clientId: string;
}

/** Items waiting for their turn; items of one client and priority keep their order. */
export interface FairQueue<Item> {
  readonly size: number;
  push(item: Item, claim: Claim): void;
  /** Undefined where nothing waits. */
  pop(): Item | undefined;
}

/** Of so many items at least one is a bulk one where any waits, so that bulk work is slowed and never stopped. */
const BULK_SHARE = 8;

/** An empty queue. */
export function createFairQueue<Item>(): FairQueue<Item> {
  const turns = { interactive: createTurns<Item>(), bulk: createTurns<Item>() };
  let sinceBulk = 0;
  return {
    get size() {
      return turns.interactive.size + turns.bulk.size;
    },
    push: (item, { priority, clientId }) => {
      turns[priority].push(item, clientId);
    },
    pop: () => {
      const isBulkDue = turns.bulk.size > 0 && sinceBulk >= BULK_SHARE - 1;
      const from = turns.interactive.size === 0 || isBulkDue ? turns.bulk : turns.interactive;
      sinceBulk = from === turns.bulk ? 0 : sinceBulk + 1;
      return from.pop();
    },
  };
}

interface Turns<Item> {
  readonly size: number;
  push(item: Item, clientId: string): void;
  pop(): Item | undefined;
}

/** Clients in the order of their next turn. */
function createTurns<Item>(): Turns<Item> {
  const queues = new Map<string, { items: Item[]; next: number }>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    push: (item, clientId) => {
      const queue = queues.get(clientId) ?? { items: [], next: 0 };
      queue.items.push(item);
      queues.set(clientId, queue);
      size += 1;
    },
    pop: () => {
      const [clientId, queue] = queues.entries().next().value ?? [];
      if (clientId === undefined || queue === undefined) return undefined;
      size -= 1;
      const item = queue.items[queue.next++];
      // Leaving and entering again puts the client behind the others.
      queues.delete(clientId);
      if (queue.next < queue.items.length) queues.set(clientId, queue);
      return item;
    },
  };
}
