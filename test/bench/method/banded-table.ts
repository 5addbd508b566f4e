/**
 * Levenshtein distance cell by cell in the band around the diagonal, what bit vectors are compared with; undefined over
 * `limit`.
 */
export function bandedDistance(a: string, b: string, limit: number): number | undefined {
  if (Math.abs(a.length - b.length) > limit) return undefined;
  const over = limit + 1;
  let above = Uint32Array.from({ length: b.length + 1 }, (_, column) => column);
  let row = new Uint32Array(b.length + 1).fill(over);
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit);
    row[from - 1] = from === 1 ? Math.min(i, over) : over;
    let lowest = row[from - 1] as number;
    for (let j = from; j <= Math.min(b.length, i + limit); j++) {
      const substitution = (above[j - 1] as number) + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      const value = Math.min(substitution, (above[j] as number) + 1, (row[j - 1] as number) + 1, over);
      row[j] = value;
      lowest = Math.min(lowest, value);
    }
    if (lowest > limit) return undefined;
    [above, row] = [row, above];
  }
  const distance = above[b.length] as number;
  return distance > limit ? undefined : distance;
}
