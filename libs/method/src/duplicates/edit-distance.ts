/**
 * Levenshtein distance of two texts in UTF-16 units, or undefined where it is over `limit`. Only the band of width
 * 2 `limit` + 1 around the diagonal is filled, so it takes O(limit * length) time and O(length) memory.
 */
export function editDistanceWithin(first: string, second: string, limit: number): number | undefined {
  const [a, b] = first.length <= second.length ? [first, second] : [second, first];
  if (b.length - a.length > limit) return undefined;
  const over = limit + 1;
  // above[j]: distance of a's first i - 1 units to b's first j; cells outside the band are over the limit: those
  // right of it from the start, as the band only moves right, the one left of it by the line in the loop.
  let above = Uint32Array.from({ length: b.length + 1 }, (_, column) => column);
  let row = new Uint32Array(b.length + 1).fill(over);
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit);
    const to = Math.min(b.length, i + limit);
    row[from - 1] = from === 1 ? Math.min(i, over) : over;
    let lowest = at(row, from - 1);
    for (let j = from; j <= to; j++) {
      const substitution = at(above, j - 1) + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      const value = Math.min(substitution, at(above, j) + 1, at(row, j - 1) + 1, over);
      row[j] = value;
      lowest = Math.min(lowest, value);
    }
    if (lowest > limit) return undefined;
    [above, row] = [row, above];
  }
  const distance = at(above, b.length);
  return distance > limit ? undefined : distance;
}

function at(row: Uint32Array, index: number): number {
  return row[index] as number;
}
