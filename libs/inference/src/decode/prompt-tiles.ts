import { sessionTensor, type SessionTensor } from '../session/session.ts';
import { leastKeys, lengthBucket } from './buckets.ts';
import { promptCacheName } from './cache-names.ts';
import type { CacheShape, LayerCache, PromptCache } from './prompt-cache.ts';
import { SlotTable } from './slot-table.ts';

/** Rows that share one copy of a prompt's keys; a prompt with more rows has several copies. */
const TILE_ROWS = 32;

/** One copy of a prompt and the rows that read it. */
interface Tile {
  readonly cache: PromptCache;
  readonly rows: number[];
}

/** The prompts of a batch's rows, [tiles, K, P, Dh] a layer, and which rows read which. */
export class PromptTiles {
  readonly #shape: CacheShape;
  /** Fewest seats of a tile, see the constructor. */
  readonly #leastRows: number;
  readonly #tiles = new SlotTable<Tile>();
  readonly #tileOfRow: (Tile | undefined)[] = [];
  #buffers: LayerCache[] = [];
  #room = 0;
  #width = 0;
  #revision = 0;

  /**
   * @param queriesPerHead G = H / K. A product of one row takes another path through the CPU's kernels than one of many and
   *   rounds otherwise, so a tile has two seats at least where a row is a single query.
   */
  constructor(shape: CacheShape, queriesPerHead: number) {
    this.#shape = shape;
    this.#leastRows = queriesPerHead === 1 ? 2 : 1;
  }

  /** P */
  get width(): number {
    return this.#width;
  }

  /** Another one for other prompts, or the same in another order. */
  get revision(): number {
    return this.#revision;
  }

  /** Lets a row read a prompt. */
  attach(row: number, cache: PromptCache): void {
    const room = this.#tiles
      .entries()
      .find(([, tile]) => tile.cache === cache && tile.rows.length < TILE_ROWS);
    const tile = room?.[1] ?? { cache, rows: [] };
    if (room === undefined) {
      const slot = this.#tiles.take(tile);
      this.#revision++;
      if (slot < this.#room && this.#widthOf(cache) <= this.#width) this.#store(slot, cache);
      else this.#room = 0;
    }
    tile.rows.push(row);
    this.#tileOfRow[row] = tile;
  }

  /** Takes a row off its tile, which goes with its last row. */
  detach(row: number): void {
    const tile = this.#tileOfRow[row] as Tile;
    tile.rows.splice(tile.rows.indexOf(row), 1);
    this.#tileOfRow[row] = undefined;
    const empty = this.#tiles.entries().find(([, other]) => other === tile && other.rows.length === 0);
    if (empty === undefined) return;
    this.#tiles.release(empty[0]);
    this.#revision++;
  }

  /** Moves a row's reading to another row number. */
  move(from: number, to: number): void {
    const tile = this.#tileOfRow[from] as Tile;
    tile.rows[tile.rows.indexOf(from)] = to;
    this.#tileOfRow[to] = tile;
    this.#tileOfRow[from] = undefined;
  }

  /** Tensors of the first `rows` rows, all of which read a prompt. */
  tensors(rows: number): Record<string, SessionTensor> {
    this.#tiles.compact((from, to) => {
      this.#moveTile(from, to);
    });
    this.#makeRoom();
    return { ...this.#caches(), ...this.#indices(rows) };
  }

  /** Keys of a prompt in a batch: a multiple of 16. */
  #widthOf({ length }: PromptCache): number {
    return Math.max(leastKeys(this.#shape.headDim), lengthBucket(length));
  }

  #makeRoom(): void {
    const entries = this.#tiles.entries();
    const width = Math.max(...entries.map(([, { cache }]) => this.#widthOf(cache)));
    if (entries.length <= this.#room && width <= this.#width && 2 * width > this.#width) return;
    const { heads, headDim, layers } = this.#shape;
    this.#width = width;
    this.#revision++;
    this.#room = entries.length + Math.min(entries.length >> 1, 8);
    const elements = this.#room * heads * width * headDim;
    this.#buffers = Array.from({ length: layers }, () => ({
      key: new Float32Array(elements),
      value: new Float32Array(elements),
    }));
    for (const [slot, { cache }] of entries) this.#store(slot, cache);
  }

  #store(slot: number, cache: PromptCache): void {
    const { heads, headDim } = this.#shape;
    const size = cache.length * headDim;
    cache.layers.forEach(({ key, value }, layer) => {
      const buffers = this.#buffers[layer] as LayerCache;
      for (let head = 0; head < heads; head++) {
        const to = (slot * heads + head) * this.#width * headDim;
        buffers.key.set(key.subarray(head * size, (head + 1) * size), to);
        buffers.value.set(value.subarray(head * size, (head + 1) * size), to);
      }
    });
  }

  #moveTile(from: number, to: number): void {
    const size = this.#shape.heads * this.#width * this.#shape.headDim;
    if (from >= this.#room) return;
    for (const { key, value } of this.#buffers) {
      key.copyWithin(to * size, from * size, (from + 1) * size);
      value.copyWithin(to * size, from * size, (from + 1) * size);
    }
  }

  #caches(): Record<string, SessionTensor> {
    const { heads, headDim } = this.#shape;
    const dims = [this.#tiles.taken, heads, this.#width, headDim];
    const size = this.#tiles.taken * heads * this.#width * headDim;
    const tensor = (buffer: Float32Array) => sessionTensor('float32', dims, buffer.subarray(0, size));
    return Object.fromEntries(
      this.#buffers.flatMap(({ key, value }, layer) => [
        [promptCacheName(layer, 'key'), tensor(key)],
        [promptCacheName(layer, 'value'), tensor(value)],
      ]),
    );
  }

  /** Free seats of a tile are given row 0; their results are not read. */
  #indices(rows: number): Record<string, SessionTensor> {
    const { heads } = this.#shape;
    const tiles = this.#tiles.entries();
    const seats = Math.max(this.#leastRows, ...tiles.map(([, tile]) => tile.rows.length));
    const tileHeads = new BigInt64Array(tiles.length * heads * seats);
    const rowTiles = new BigInt64Array(rows * heads);
    for (const [slot, tile] of tiles) {
      for (let head = 0; head < heads; head++) {
        tile.rows.forEach((row, seat) => {
          const at = (slot * heads + head) * seats + seat;
          tileHeads[at] = BigInt(row * heads + head);
          rowTiles[row * heads + head] = BigInt(at);
        });
      }
    }
    return {
      tileHeads: sessionTensor('int64', [tiles.length, heads, seats], tileHeads),
      rowTiles: sessionTensor('int64', [rows * heads], rowTiles),
    };
  }
}
