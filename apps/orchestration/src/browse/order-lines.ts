/** Which lines are wanted, and in what order. */
export interface LineOrder {
  readonly matches: (line: number) => boolean;
  /** Larger first; undefined values come last. Absent for the order of the file. */
  readonly rank?: ((line: number) => number | undefined) | undefined;
}

/** The lines of 0 .. count - 1 that match, in order; equal ranks stay in the order of the file. */
export function orderLines(count: number, { matches, rank }: LineOrder): Uint32Array {
  const lines: number[] = [];
  for (let line = 0; line < count; line++) if (matches(line)) lines.push(line);
  if (rank === undefined) return Uint32Array.from(lines);
  const ranks = new Float64Array(count);
  for (const line of lines) ranks[line] = rank(line) ?? -Infinity;
  lines.sort((a, b) => {
    const [left = 0, right = 0] = [ranks[a], ranks[b]];
    return left === right ? a - b : right - left;
  });
  return Uint32Array.from(lines);
}

/** Whether a question has a text in it, whatever its case; every question has the empty one. */
export function questionFilter(
  contains: string,
  questions: ReadonlyMap<string, { readonly question: string }>,
): (questionId: string) => boolean {
  const wanted = contains.trim().toLowerCase();
  if (wanted === '') return () => true;
  const matching = new Set(
    [...questions].filter(([, { question }]) => question.toLowerCase().includes(wanted)).map(([id]) => id),
  );
  return (id) => matching.has(id);
}
