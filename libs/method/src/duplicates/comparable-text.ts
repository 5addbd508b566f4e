import { createDistanceTo } from './edit-distance.ts';

/** Classes of UTF-16 units that are counted together; any number is sound, a larger one tells more texts apart. */
const CLASSES = 128;

/** A text that is compared with many others; what comparisons share is prepared once. */
export class ComparableText {
  readonly #text: string;
  /** How often units of each class occur. */
  readonly #counts: Uint32Array;
  #distanceTo: ReturnType<typeof createDistanceTo> | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#counts = new Uint32Array(CLASSES);
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index) % CLASSES;
      this.#counts[unit] = (this.#counts[unit] ?? 0) + 1;
    }
  }

  /** Whether the edit distance over the length of the longer text is under `threshold`; two empty texts are at 0. */
  isNear(other: ComparableText, threshold: number): boolean {
    const longer = Math.max(this.#text.length, other.#text.length);
    if (longer === 0 || this.#text === other.#text) return threshold > 0;
    // The largest whole distance with distance / longer < threshold.
    const limit = Math.ceil(threshold * longer) - 1;
    if (limit < 1 || this.#leastDistance(other) > limit) return false;
    this.#distanceTo ??= createDistanceTo(this.#text);
    const distance = this.#distanceTo(other.#text, limit);
    return distance !== undefined && distance / longer < threshold;
  }

  /** No edits can make up for more units than they change: a bound that costs next to nothing. */
  #leastDistance(other: ComparableText): number {
    let missing = 0;
    let added = 0;
    for (let unit = 0; unit < CLASSES; unit++) {
      const difference = (this.#counts[unit] ?? 0) - (other.#counts[unit] ?? 0);
      if (difference > 0) missing += difference;
      else added -= difference;
    }
    return Math.max(missing, added);
  }
}
