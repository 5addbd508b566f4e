/** Rows of a block: the bits of a word. */
const WORD = 32;

/**
 * Levenshtein distance of two texts in UTF-16 units, or undefined where it is over `limit`, as {@link createDistanceTo}
 * computes it.
 */
export function editDistanceWithin(first: string, second: string, limit: number): number | undefined {
  return createDistanceTo(first)(second, limit);
}

/**
 * Prepares a text for its Levenshtein distance to many others, in UTF-16 units; the distance is undefined where it is over
 * the limit. Myers' bit-vector algorithm (1999) in Hyyrö's blocks of rows (2003), of which only those are computed that the
 * band of width 2 `limit` + 1 around the diagonal touches: time O(limit / 32 * length), no memory but the text's.
 */
export function createDistanceTo(text: string): (other: string, limit: number) => number | undefined {
  const pattern = createPattern(text);
  return (other, limit) => {
    if (Math.abs(text.length - other.length) > limit) return undefined;
    const isEmpty = text === '' || other === '';
    const distance = isEmpty ? text.length + other.length : distanceWithin(pattern, other, limit);
    return distance > limit ? undefined : distance;
  };
}

/** A text as bit vectors, with room for the columns of its distances. */
interface Pattern {
  readonly length: number;
  readonly blocks: number;
  /** By UTF-16 unit: in which rows it stands, a word a block. */
  readonly rowsOf: ReadonlyMap<number, Int32Array>;
  readonly nowhere: Int32Array;
  /** Rows at which the distance grows downwards, and those at which it falls. */
  readonly positive: Int32Array;
  readonly negative: Int32Array;
  /** Distance at the last row of each block. */
  readonly scores: Int32Array;
}

function createPattern(text: string): Pattern {
  const blocks = Math.ceil(text.length / WORD);
  const rowsOf = new Map<number, Int32Array>();
  for (let row = 0; row < text.length; row++) {
    const unit = text.charCodeAt(row);
    const rows = rowsOf.get(unit) ?? new Int32Array(blocks);
    rowsOf.set(unit, rows);
    rows[row >> 5] = at(rows, row >> 5) | (1 << (row & 31));
  }
  const words = (): Int32Array => new Int32Array(blocks);
  const vectors = { nowhere: words(), positive: words(), negative: words(), scores: words() };
  return { length: text.length, blocks, rowsOf, ...vectors };
}

/** The distance where it is at most `limit`, else a number over it. */
function distanceWithin(pattern: Pattern, other: string, limit: number): number {
  const { blocks, rowsOf, nowhere, scores } = pattern;
  let last = -1;
  for (let column = 1; column <= other.length; column++) {
    const lowest = Math.min(blocks - 1, (column + limit - 1) >> 5);
    while (last < lowest) openBlock(pattern, ++last);
    const rows = rowsOf.get(other.charCodeAt(column - 1)) ?? nowhere;
    // Above the band the distance is taken to grow, which is never less than it does.
    let step = 1;
    let least = Infinity;
    for (let block = Math.max(0, column - limit - 1) >> 5; block <= last; block++) {
      step = advance(pattern, block, at(rows, block), step);
      const score = at(scores, block) + step;
      scores[block] = score;
      if (score < least) least = score;
    }
    // A block's other rows are at most so much nearer, and no column after this one has less than its least.
    if (least - WORD > limit) return Infinity;
  }
  return at(scores, blocks - 1);
}

/** Begins a block that the band reaches: below its upper neighbour, growing by one a row. */
function openBlock({ positive, negative, scores, length }: Pattern, block: number): void {
  positive[block] = -1;
  negative[block] = 0;
  const rows = Math.min(WORD, length - block * WORD);
  scores[block] = (block === 0 ? 0 : at(scores, block - 1)) + rows;
}

/**
 * Goes on by a column within one block.
 * @param rows the rows of the block that hold the column's unit
 * @param above change of the distance along the row above the block: -1, 0 or 1
 * @returns the change along the block's last row
 */
function advance(
  { positive, negative, length }: Pattern,
  block: number,
  rows: number,
  above: number,
): number {
  const [up, down] = [at(positive, block), at(negative, block)];
  const fromAbove = above < 0 ? 1 : 0;
  const equal = rows | fromAbove;
  const vertical = rows | down;
  const horizontal = (((equal & up) + up) ^ up) | equal;
  const grows = down | ~(horizontal | up);
  const falls = up & horizontal;
  const lastRow = 1 << (Math.min(WORD, length - block * WORD) - 1);
  const grown = (grows << 1) | (above > 0 ? 1 : 0);
  const fallen = (falls << 1) | fromAbove;
  positive[block] = fallen | ~(vertical | grown);
  negative[block] = grown & vertical;
  if ((grows & lastRow) !== 0) return 1;
  return (falls & lastRow) === 0 ? 0 : -1;
}

function at(words: Int32Array, index: number): number {
  return words[index] as number;
}
