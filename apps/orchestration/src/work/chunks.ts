/** How much goes into one call. */
export interface CallRoom<I> {
  /** Items of one call. */
  readonly itemsPerCall: number;
  /** Bytes of one call's items together. */
  readonly bytesPerCall: number;
  /** Bytes that an item takes in a call, in UTF-8. */
  readonly bytesOf: (item: I) => number;
}

/** Cuts items, in their order, into what goes into one call each; one that is larger than a call's room is alone. */
export function inChunks<I>(
  items: readonly I[],
  { itemsPerCall, bytesPerCall, bytesOf }: CallRoom<I>,
): I[][] {
  const chunks: I[][] = [];
  let bytes = 0;
  for (const item of items) {
    const latest = chunks.at(-1);
    const more = bytesOf(item);
    bytes += more;
    if (latest !== undefined && latest.length < itemsPerCall && bytes <= bytesPerCall) latest.push(item);
    else {
      chunks.push([item]);
      bytes = more;
    }
  }
  return chunks;
}
