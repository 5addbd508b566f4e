import { sessionTensor, type Session, type SessionTensor, type SessionTensors } from '../session/session.ts';
import type { CacheShape, PromptCache } from './prompt-cache.ts';

/** Added to the score of a key that must not be seen: its weight underflows to exactly 0. */
export const MASKED = -1e9;

/** How large a batch is. */
export interface DecodeBatchSize {
  /** B */
  readonly slots: number;
  /** S, the most keys a row can have before its current token. */
  readonly capacity: number;
}

/**
 * The buffers of one running batch: B rows that each feed one token a step and keep their keys and values in place
 * ([B, K, S, Dh] per layer). Free slots compute on stale finite numbers that nobody reads.
 */
export interface DecodeBatch {
  readonly size: DecodeBatchSize;
  /** Puts a prompt into a slot; the next step reads the prompt's last token. */
  fill(slot: number, cache: PromptCache, lastToken: number): void;
  /** Sets the token that the slot reads in the next step. */
  feed(slot: number, token: number): void;
  /** Runs one step and stores the new keys and values of `slots`; returns the head's outputs. */
  step(slots: readonly number[]): Promise<SessionTensors>;
}

/** Allocates the buffers; the session is the caller's and outlives the batch. */
export function createDecodeBatch(session: Session, shape: CacheShape, size: DecodeBatchSize): DecodeBatch {
  return new HostDecodeBatch(session, shape, size);
}

class HostDecodeBatch implements DecodeBatch {
  readonly size: DecodeBatchSize;
  readonly #session: Session;
  readonly #shape: CacheShape;
  readonly #inputIds: BigInt64Array;
  readonly #positionIds: BigInt64Array;
  readonly #bias: Float32Array;
  readonly #keys: Float32Array[];
  readonly #values: Float32Array[];
  readonly #lengths: Int32Array;
  readonly #inputs: SessionTensors;

  constructor(session: Session, shape: CacheShape, size: DecodeBatchSize) {
    const { slots, capacity } = size;
    const elements = slots * shape.heads * capacity * shape.headDim;
    const caches = () => Array.from({ length: shape.layers }, () => new Float32Array(elements));
    this.size = size;
    this.#session = session;
    this.#shape = shape;
    this.#inputIds = new BigInt64Array(slots);
    this.#positionIds = new BigInt64Array(slots);
    this.#bias = new Float32Array(slots * (capacity + 1)).fill(MASKED);
    this.#keys = caches();
    this.#values = caches();
    this.#lengths = new Int32Array(slots);
    this.#inputs = this.#bind();
  }

  fill(slot: number, cache: PromptCache, lastToken: number): void {
    const { capacity } = this.size;
    cache.layers.forEach((layer, index) => {
      this.#copyPrompt(this.#keys[index] as Float32Array, layer.key, { slot, length: cache.length });
      this.#copyPrompt(this.#values[index] as Float32Array, layer.value, { slot, length: cache.length });
    });
    const row = this.#bias.subarray(slot * (capacity + 1), (slot + 1) * (capacity + 1));
    row.fill(0, 0, cache.length).fill(MASKED, cache.length, capacity);
    row[capacity] = 0;
    this.#lengths[slot] = cache.length;
    this.#positionIds[slot] = BigInt(cache.length);
    this.feed(slot, lastToken);
  }

  feed(slot: number, token: number): void {
    this.#inputIds[slot] = BigInt(token);
  }

  async step(slots: readonly number[]): Promise<SessionTensors> {
    const outputs = await this.#session.run(this.#inputs);
    for (let layer = 0; layer < this.#shape.layers; layer++) {
      this.#append(this.#keys[layer] as Float32Array, outputs[presentName(layer, 'key')], slots);
      this.#append(this.#values[layer] as Float32Array, outputs[presentName(layer, 'value')], slots);
    }
    for (const slot of slots) this.#lengthen(slot);
    return outputs;
  }

  #bind(): SessionTensors {
    const { slots, capacity } = this.size;
    const { heads, headDim } = this.#shape;
    const inputs: Record<string, SessionTensor> = {
      inputIds: sessionTensor('int64', [slots, 1], this.#inputIds),
      positionIds: sessionTensor('int64', [slots, 1], this.#positionIds),
      attentionBias: sessionTensor('float32', [slots, 1, 1, capacity + 1], this.#bias),
    };
    for (let layer = 0; layer < this.#shape.layers; layer++) {
      const cacheShape = [slots, heads, capacity, headDim];
      inputs[pastName(layer, 'key')] = sessionTensor(
        'float32',
        cacheShape,
        this.#keys[layer] as Float32Array,
      );
      inputs[pastName(layer, 'value')] = sessionTensor(
        'float32',
        cacheShape,
        this.#values[layer] as Float32Array,
      );
    }
    return inputs;
  }

  #copyPrompt(
    cache: Float32Array,
    prompt: Float32Array,
    { slot, length }: { slot: number; length: number },
  ): void {
    const { heads, headDim } = this.#shape;
    for (let head = 0; head < heads; head++) {
      const from = head * length * headDim;
      const to = (slot * heads + head) * this.size.capacity * headDim;
      cache.set(prompt.subarray(from, from + length * headDim), to);
    }
  }

  #append(cache: Float32Array, present: SessionTensor | undefined, slots: readonly number[]): void {
    const { heads, headDim } = this.#shape;
    const data = present?.data as Float32Array;
    const { capacity } = this.size;
    for (const slot of slots) {
      const position = this.#lengths[slot] as number;
      // The last token of a row that uses its whole capacity has no successor that would read it.
      if (position === capacity) continue;
      for (let head = slot * heads; head < (slot + 1) * heads; head++) {
        const from = head * headDim;
        const to = (head * capacity + position) * headDim;
        for (let i = 0; i < headDim; i++) cache[to + i] = data[from + i] as number;
      }
    }
  }

  #lengthen(slot: number): void {
    const position = this.#lengths[slot] as number;
    if (position < this.size.capacity) this.#bias[slot * (this.size.capacity + 1) + position] = 0;
    this.#lengths[slot] = position + 1;
    this.#positionIds[slot] = BigInt(position + 1);
  }
}

/** Name of a layer's cached input, as the decode graph declares it. */
export function pastName(layer: number, part: 'key' | 'value'): string {
  return `past.${layer}.${part}`;
}

/** Name of a layer's new keys or values, as the prefill and decode graphs give them. */
export function presentName(layer: number, part: 'key' | 'value'): string {
  return `present.${layer}.${part}`;
}
