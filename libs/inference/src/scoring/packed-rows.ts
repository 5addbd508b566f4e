import { indices } from '../decode/row-choices.ts';
import { sessionTensor, type SessionTensor } from '../session/session.ts';
import { classInput, ROW_CLASSES } from './score-graphs.ts';

/** A row as a worker scores it. */
export interface ScoreRow {
  readonly ids: readonly number[];
  /** Tokens before the completion. */
  readonly promptLength: number;
  /** Index in `ids` of each step's last token, ascending or not. */
  readonly stepEndPositions?: readonly number[];
}

/** A row, and how much of it is read once for all rows that begin alike. */
export interface PackedRow extends ScoreRow {
  /** Tokens from the beginning on, of which no score is wanted; 0 where nothing is shared. */
  readonly sharedLength: number;
}

/** Which inputs a scoring graph has, see buildScoreGraph. */
export interface PackedForm {
  readonly completionMask: boolean;
  readonly tokenLengths: boolean;
  readonly stepTokens: boolean;
  /** Fewest keys of a prompt and of a row. */
  readonly leastKeys: number;
}

/** Tokens of a batch, prompts and rows are as wide as a multiple of this: as far as the softmax' partial sums reach. */
const WIDTH = 16;
/** The position of padding: after all others, so that no token sees it; devices compute positions in 32 bits. */
const NOWHERE = 2 ** 30;

interface Sequence {
  readonly ids: readonly number[];
  /** Position of its first token. */
  readonly from: number;
  /** Of the whole row; a shared prompt has none of its own. */
  readonly rowLength: number;
}

/** A batch as a scoring graph takes it. */
export interface PackedBatch {
  readonly inputs: Record<string, SessionTensor>;
  /** Of each class the given rows' indices. */
  readonly classes: readonly (readonly number[])[];
}

/** Lays out a batch; see buildScoreGraph. */
export function packRows(rows: readonly PackedRow[], form: PackedForm): PackedBatch {
  const { prompts, promptOf } = sharedPrompts(rows);
  const classes = rowClasses(rows);
  const layout = new Layout();
  const { tokens, positions } = layout.sequences(prompts, widthOf(prompts, form));
  const inputs: Record<string, SessionTensor> = { promptTokens: tokens, promptPositions: positions };
  const sequences = [...prompts];
  classes.forEach((members, index) => {
    const own = members.map((row) => ownSequence(rows[row] as PackedRow));
    const width = widthOf(own, form);
    const laidOut = layout.sequences(own, width);
    sequences.push(...own);
    inputs[classInput('rowTokens', index)] = laidOut.tokens;
    inputs[classInput('rowPositions', index)] = laidOut.positions;
    // A class without rows has one of padding, which reads the first prompt.
    inputs[classInput('rowPrompts', index)] = indices(
      members.length > 0 ? members.map((row) => promptOf[row] as number) : [0],
    );
    if (!form.completionMask) return;
    const masked = members.map((row) => rows[row] as PackedRow);
    inputs[classInput('completionMask', index)] = completionMask(masked, width);
  });
  const T = upTo(tokensOf(sequences));
  Object.assign(inputs, tokenTensors(sequences, T, form), { tokenSlots: layout.tokenSlots(T) });
  if (form.stepTokens) inputs['stepTokens'] = stepTokens(rows, classes.flat(), tokensOf(prompts));
  return { inputs, classes };
}

/** The token of every step's end, row by row; the rows' own tokens follow each other in the given order from `start` on. */
function stepTokens(rows: readonly PackedRow[], order: readonly number[], start: number): SessionTensor {
  const starts: number[] = [];
  for (const row of order) {
    starts[row] = start;
    start += ownLength(rows[row] as PackedRow);
  }
  const ends = rows.flatMap(({ stepEndPositions = [], sharedLength }, row) =>
    stepEndPositions.map((position) => (starts[row] as number) + position - sharedLength),
  );
  const padded = new BigInt64Array(upTo(ends.length));
  ends.forEach((token, index) => (padded[index] = BigInt(token)));
  return sessionTensor('int64', [padded.length], padded);
}

function tokensOf(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { ids }) => sum + ids.length, 0);
}

/** Rows by length in as many classes as a graph has, the shortest first; a class may have none. */
function rowClasses(rows: readonly PackedRow[]): number[][] {
  const byLength = [...rows.keys()].sort(
    (a, b) => ownLength(rows[a] as PackedRow) - ownLength(rows[b] as PackedRow),
  );
  const size = Math.ceil(rows.length / ROW_CLASSES);
  return Array.from({ length: ROW_CLASSES }, (_, index) => byLength.slice(index * size, (index + 1) * size));
}

/** Tokens of a row that it reads for itself. */
export function ownLength({ ids, sharedLength }: PackedRow): number {
  return ids.length - sharedLength;
}

function ownSequence({ ids, sharedLength }: PackedRow): Sequence {
  return { ids: ids.slice(sharedLength), from: sharedLength, rowLength: ids.length };
}

/** Tokens that a batch of these rows has: every shared beginning once. */
export function packedTokens(rows: readonly PackedRow[]): number {
  const { prompts } = sharedPrompts(rows);
  return rows.reduce((sum, row) => sum + ownLength(row), tokensOf(prompts));
}

/** The beginning that a row may share, as a key. */
export function promptKey({ ids, sharedLength }: PackedRow): string {
  return ids.slice(0, sharedLength).join();
}

/** The distinct beginnings, and which of them each row has. */
function sharedPrompts(rows: readonly PackedRow[]): { prompts: Sequence[]; promptOf: number[] } {
  const indexOf = new Map<string, number>();
  const prompts: Sequence[] = [];
  const promptOf = rows.map((row) => {
    const key = promptKey(row);
    const known = indexOf.get(key) ?? prompts.length;
    if (known === prompts.length) {
      prompts.push({ ids: row.ids.slice(0, row.sharedLength), from: 0, rowLength: 0 });
      indexOf.set(key, known);
    }
    return known;
  });
  return { prompts, promptOf };
}

function upTo(length: number): number {
  return WIDTH * Math.max(1, Math.ceil(length / WIDTH));
}

function widthOf(sequences: readonly Sequence[], { leastKeys }: PackedForm): number {
  return Math.max(leastKeys, upTo(Math.max(0, ...sequences.map(({ ids }) => ids.length))));
}

function tokenTensors(
  sequences: readonly Sequence[],
  T: number,
  { tokenLengths }: PackedForm,
): Record<string, SessionTensor> {
  const [ids, positions, lengths] = [T, T, T].map((size) => new BigInt64Array(size)) as [
    BigInt64Array,
    BigInt64Array,
    BigInt64Array,
  ];
  let token = 0;
  for (const { ids: some, from, rowLength } of sequences) {
    some.forEach((id, at) => {
      ids[token] = BigInt(id);
      positions[token] = BigInt(from + at);
      lengths[token++] = BigInt(rowLength);
    });
  }
  return {
    inputIds: sessionTensor('int64', [T, 1], ids),
    positionIds: sessionTensor('int64', [T, 1], positions),
    ...(tokenLengths && { tokenLengths: sessionTensor('int64', [T], lengths) }),
  };
}

/** Which token and position each slot of padded sequences has, and which slot each token. */
class Layout {
  readonly #slots: number[] = [];
  #end = 0;

  /** The next sequences, [X, width] each; where there are none, one of padding. */
  sequences(sequences: readonly Sequence[], width: number) {
    const count = Math.max(1, sequences.length);
    const tokens = new BigInt64Array(count * width);
    const positions = new BigInt64Array(count * width).fill(BigInt(NOWHERE));
    sequences.forEach(({ ids, from }, row) => {
      for (let at = 0; at < ids.length; at++) {
        const slot = row * width + at;
        tokens[slot] = BigInt(this.#slots.length);
        positions[slot] = BigInt(from + at);
        this.#slots.push(this.#end + slot);
      }
    });
    this.#end += count * width;
    const tensor = (data: BigInt64Array) => sessionTensor('int64', [count, width], data);
    return { tokens: tensor(tokens), positions: tensor(positions) };
  }

  /** [T] */
  tokenSlots(T: number): SessionTensor {
    const slots = new BigInt64Array(T);
    this.#slots.forEach((slot, token) => (slots[token] = BigInt(slot)));
    return sessionTensor('int64', [T], slots);
  }
}

function completionMask(rows: readonly PackedRow[], S: number): SessionTensor {
  const count = Math.max(1, rows.length);
  const mask = new Float32Array(count * S);
  rows.forEach(({ ids, promptLength, sharedLength }, row) => {
    const start = row * S - sharedLength;
    mask.fill(1, start + promptLength, start + ids.length);
  });
  return sessionTensor('float32', [count, S], mask);
}
