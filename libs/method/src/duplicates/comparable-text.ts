import { createDistanceTo } from './edit-distance.ts';
import { leastDistance, unitCounts } from './unit-counts.ts';

/** A text that is compared with many others; what comparisons share is prepared once. */
export class ComparableText {
  readonly #text: string;
  readonly #counts: Uint32Array;
  #distanceTo: ReturnType<typeof createDistanceTo> | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#counts = unitCounts(text);
  }

  /** Whether the edit distance over the length of the longer text is under `threshold`; two empty texts are at 0. */
  isNear(other: ComparableText, threshold: number): boolean {
    if (this.#text === other.#text) return threshold > 0;
    const longer = Math.max(this.#text.length, other.#text.length);
    // The largest whole distance with distance / longer < threshold.
    const limit = Math.ceil(threshold * longer) - 1;
    if (leastDistance(this.#counts, other.#counts) > limit) return false;
    this.#distanceTo ??= createDistanceTo(this.#text);
    const distance = this.#distanceTo(other.#text, limit);
    return distance !== undefined && distance / longer < threshold;
  }
}
