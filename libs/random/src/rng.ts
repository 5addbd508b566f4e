/** The root generator of `seed`: any string or integer. */
export function createRng(seed: string | number | bigint): Rng {
  return new Rng(hash128(String(seed)));
}

type State = readonly [number, number, number, number];

/**
 * A seeded, splittable generator: a child's stream depends only on the parent's seed and the label, never on how
 * much the parent or a sibling has been used, so work may be done in any order and repeats bit for bit.
 * xoshiro128** 1.1 (Blackman and Vigna), seeded by a 128-bit string hash.
 */
export class Rng {
  readonly #seed: State;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: State) {
    this.#seed = seed;
    [this.#a, this.#b, this.#c, this.#d] = seed;
  }

  /** Independent generator for `label`, e.g. `sample/3`. */
  split(label: string): Rng {
    return new Rng(hash128(`${this.#seed.join(',')}/${label}`));
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    // 27 + 26 bits, most significant first.
    return ((this.#next() >>> 5) * 0x4000000 + (this.#next() >>> 6)) / 0x20000000000000;
  }

  /** Uniform integer in [0, bound); `bound` in [1, 2^32]. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x100000000) {
      throw new RangeError(`bound must be an integer in [1, 2^32], got ${bound}`);
    }
    // Rejection keeps every value equally likely.
    const limit = 0x100000000 - (0x100000000 % bound);
    let value = this.#next();
    while (value >= limit) value = this.#next();
    return value % bound;
  }

  /** Standard normal (Box-Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      [result[last], result[other]] = [result[other] as T, result[last] as T];
    }
    return result;
  }

  /** One of the items; throws RangeError on an empty list. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('cannot pick from an empty list');
    return items[this.integer(items.length)] as T;
  }

  #next(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result >>> 0;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Four 32-bit lanes of FNV-1a with different offsets, each finished by murmur3's mixer; never all zero. */
function hash128(text: string): State {
  const lane = (offset: number): number => {
    let hash = 0x811c9dc5 ^ offset;
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  };
  return [lane(0), lane(0x9e3779b9), lane(0x3c6ef372), lane(0xdaa66d2b) | 1];
}
