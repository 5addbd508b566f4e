/** Classes of UTF-16 units that are counted together; any number is sound, a larger one separates more texts. */
const CLASSES = 128;

/** How often the UTF-16 units of each class occur in a text. */
export function unitCounts(text: string): Uint32Array {
  const counts = new Uint32Array(CLASSES);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index) % CLASSES;
    counts[unit] = (counts[unit] as number) + 1;
  }
  return counts;
}

/**
 * A lower bound of the edit distance of two texts by their {@link unitCounts}, which costs next to nothing: an edit takes one
 * unit away, adds one, or does both.
 */
export function leastDistance(first: Uint32Array, second: Uint32Array): number {
  let missing = 0;
  let added = 0;
  for (let unit = 0; unit < CLASSES; unit++) {
    const difference = (first[unit] as number) - (second[unit] as number);
    if (difference > 0) missing += difference;
    else added -= difference;
  }
  return Math.max(missing, added);
}
