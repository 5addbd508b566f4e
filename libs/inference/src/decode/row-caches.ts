import { sessionTensor, type SessionTensor, type SessionTensors } from '../session/session.ts';
import { layerCacheName } from './cache-names.ts';
import type { CacheShape, LayerCache } from './prompt-cache.ts';
import type { RowKeys } from './row-keys.ts';

/** Room beyond what is needed when a buffer is made anew: rows grow key by key, and untouched memory costs nothing. */
const HEADROOM = 1.5;
/** A buffer that is this many times larger than needed is replaced. */
const LARGEST_EXCESS = 16;

/**
 * The rows' own keys and values, [rows, K, S, Dh] a layer, row-major. S and the number of rows grow on demand; whatever
 * follows a row's length is stale and finite. A buffer is rearranged within itself: clearing the pages of a new one for every
 * width costs more than the copies.
 */
export class RowCaches implements RowKeys {
  readonly #shape: CacheShape;
  #layers: LayerCache[];
  /** Elements of each buffer. */
  #capacity = 0;
  #rows = 0;
  #width = 0;
  /** Views of the buffers, as long as these and S stay. */
  #inputs: { readonly rows: number; readonly tensors: Readonly<Record<string, SessionTensor>> } | undefined;

  constructor(shape: CacheShape) {
    this.#shape = shape;
    this.#layers = this.#allocate(0);
  }

  /** S */
  get width(): number {
    return this.#width;
  }

  resize(rows: number, width: number): void {
    if (rows <= this.#rows && width === this.#width) return;
    this.#inputs = undefined;
    const { heads, headDim } = this.#shape;
    const [from, to] = [this.#width * headDim, width * headDim];
    const kept = Math.min(this.#rows, rows) * heads;
    const room = Math.max(rows, this.#rows);
    const needed = room * heads * to;
    const old = this.#layers;
    if (needed > this.#capacity || LARGEST_EXCESS * needed < this.#capacity) {
      this.#capacity = Math.ceil(HEADROOM * needed);
      this.#layers = this.#allocate(this.#capacity);
    }
    this.#layers.forEach(({ key, value }, layer) => {
      relay(old[layer]?.key, key, { kept, from, to });
      relay(old[layer]?.value, value, { kept, from, to });
    });
    this.#rows = room;
    this.#width = width;
  }

  move(from: number, to: number): void {
    const size = this.#shape.heads * this.#width * this.#shape.headDim;
    for (const { key, value } of this.#layers) {
      key.copyWithin(to * size, from * size, (from + 1) * size);
      value.copyWithin(to * size, from * size, (from + 1) * size);
    }
  }

  /**
   * Stores the newest keys and values of the first `lengths.length` rows behind what each has.
   * @param outputs with `present` [2 L B, K, 1, Dh]
   */
  append({ present: newest }: SessionTensors, lengths: readonly number[]): void {
    const present = newest?.data as Float32Array;
    const rows = lengths.length;
    const block = rows * this.#shape.heads * this.#shape.headDim;
    this.#layers.forEach(({ key, value }, layer) => {
      this.#appendLayer(key, present.subarray(2 * layer * block, (2 * layer + 1) * block), lengths);
      this.#appendLayer(value, present.subarray((2 * layer + 1) * block, (2 * layer + 2) * block), lengths);
    });
  }

  tensors(rows: number): Readonly<Record<string, SessionTensor>> {
    if (this.#inputs?.rows !== rows) this.#inputs = { rows, tensors: this.#tensors(rows) };
    return this.#inputs.tensors;
  }

  places(): Record<string, SessionTensor> {
    return {};
  }

  close(): void {
    this.#inputs = undefined;
  }

  #tensors(rows: number): Record<string, SessionTensor> {
    const { heads, headDim } = this.#shape;
    const dims = [rows, heads, this.#width, headDim];
    const size = rows * heads * this.#width * headDim;
    const entries = this.#layers.flatMap((buffers, layer) =>
      (['key', 'value'] as const).map(
        (part) =>
          [
            layerCacheName(layer, part),
            sessionTensor('float32', dims, buffers[part].subarray(0, size)),
          ] as const,
      ),
    );
    return Object.fromEntries(entries);
  }

  #appendLayer(cache: Float32Array, present: Float32Array, lengths: readonly number[]): void {
    const { heads, headDim } = this.#shape;
    const width = this.#width;
    for (let row = 0; row < lengths.length; row++) {
      const position = lengths[row] as number;
      if (position >= width) continue;
      for (let head = row * heads; head < (row + 1) * heads; head++) {
        const to = (head * width + position) * headDim;
        for (let i = 0; i < headDim; i++) cache[to + i] = present[head * headDim + i] as number;
      }
    }
  }

  #allocate(elements: number): LayerCache[] {
    return Array.from({ length: this.#shape.layers }, () => ({
      key: new Float32Array(elements),
      value: new Float32Array(elements),
    }));
  }
}

/** Moves `kept` blocks that lie `from` elements apart to where they lie `to` apart; both may be one buffer. */
function relay(
  source: Float32Array | undefined,
  target: Float32Array,
  { kept, from, to }: { readonly kept: number; readonly from: number; readonly to: number },
): void {
  if (source === undefined || (source === target && from === to)) return;
  const size = Math.min(from, to);
  for (let step = 0; step < kept; step++) {
    // In one buffer, blocks that move up must not be written over before they are moved.
    const block = to > from ? kept - 1 - step : step;
    if (source === target) target.copyWithin(block * to, block * from, block * from + size);
    else target.set(source.subarray(block * from, block * from + size), block * to);
  }
}
