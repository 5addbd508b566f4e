import { sessionTensor, type SessionTensor, type SessionTensors } from '../session/session.ts';
import type { AdaptedRun } from '../weights/adapted-sessions.ts';
import { leastKeys, lengthBucket } from './buckets.ts';
import { DeviceRowKeys, DeviceTiles, type DeviceMover } from './device-keys.ts';
import { MASKED } from './masked.ts';
import type { CacheShape, PromptCache } from './prompt-cache.ts';
import { PromptTiles } from './prompt-tiles.ts';
import { repeatTensors, type RepeatedSteps } from './repeated-steps.ts';
import { RowCaches } from './row-caches.ts';
import { choiceTensors, indices, type Fewest, type RowChoices } from './row-choices.ts';
import type { RowKeys } from './row-keys.ts';

/** What a batch needs to know of its model. */
export interface BatchModel {
  readonly shape: CacheShape;
  /** V */
  readonly vocabSize: number;
  /** Logits of one prefill that are fetched, in numbers; prompts with more of them are read several times. */
  readonly mostLogits: number;
  /** G = H / K */
  readonly queriesPerHead: number;
  /** Whether the graph has the input keyPositions. */
  readonly keyPositions: boolean;
  /** Whether the graph has the input rowLengths. */
  readonly rowLengths: boolean;
  /** Fewest rows of a step: 2 where products of one row are computed, and rounded, in another way than those of several. */
  readonly leastRows: number;
  /** Fewest rows that are chosen in each way. */
  readonly fewestChoices: Fewest;
  /** Where given, keys and values stay on a device, and the graph has the input newest. */
  readonly mover?: DeviceMover | undefined;
  /** Whether the graph is that of buildRepeatedGraph. */
  readonly repeats: boolean;
}

/** A row's state between two steps. */
interface RowState {
  token: number;
  readonly promptLength: number;
  /** Keys of its own, those of the prompt's last token included. */
  length: number;
}

/**
 * Keys at the end of a segment that stay masked. A product of one row sums keys by fours and the remaining ones singly; S is
 * not a multiple of four, so an unmasked key could be a remaining one in a narrow batch and one of four in a wide batch.
 */
const TAIL_KEYS = 3;

/**
 * Rows that each read one token a step: which of them share a prompt, and the keys and values that each has added. A row's
 * results do not depend on the others: the products' rows are independent, masked keys add exact zeros, and widths are
 * multiples of 16, the width of the softmax' partial sums.
 */
export class DecodeBatch {
  readonly #run: AdaptedRun;
  readonly #model: BatchModel;
  readonly #tiles: PromptTiles;
  readonly #caches: RowKeys;
  readonly #sent: DeviceTiles | undefined;
  readonly #rows: RowState[] = [];
  /** Inputs that change only with the batch's rows and widths. */
  #layout: Readonly<Record<string, SessionTensor>> | undefined;

  constructor(run: AdaptedRun, model: BatchModel) {
    this.#run = run;
    this.#model = model;
    this.#tiles = new PromptTiles(model.shape, model.queriesPerHead);
    const { mover, shape } = model;
    this.#caches = mover === undefined ? new RowCaches(shape) : new DeviceRowKeys(mover, shape);
    this.#sent = mover === undefined ? undefined : new DeviceTiles(mover, shape);
  }

  /** Puts a prompt into a free row; the next step reads the prompt's last token. */
  add(row: number, cache: PromptCache, lastToken: number): void {
    this.#tiles.attach(row, cache);
    this.#rows[row] = { token: lastToken, promptLength: cache.length, length: 0 };
    this.#layout = undefined;
  }

  /** Ends a row. */
  release(row: number): void {
    this.#tiles.detach(row);
    this.#layout = undefined;
  }

  /** Moves a row to a free row number. */
  move(from: number, to: number): void {
    this.#tiles.move(from, to);
    this.#caches.move(from, to);
    this.#rows[to] = this.#rows[from] as RowState;
    this.#layout = undefined;
  }

  /** Sets the token that the row reads in the next step. */
  feed(row: number, token: number): void {
    (this.#rows[row] as RowState).token = token;
  }

  /**
   * Runs one step of the first `count` rows, none of which is free, or several where the graph repeats them; returns the choices'
   * outputs.
   */
  async step(count: number, choices: RowChoices, repeated?: RepeatedSteps): Promise<SessionTensors> {
    const rows = this.#padded(this.#rows.slice(0, count));
    this.#makeRoom(rows, repeated?.steps ?? 1);
    this.#layout ??= await this.#tileTensors(rows.length);
    const lengths = rows.map(({ length }) => length);
    const outputs = await this.#run({
      ...this.#layout,
      ...(await this.#caches.tensors(rows.length)),
      ...this.#caches.places(lengths),
      ...this.#tokens(rows),
      ...this.#masks(rows),
      headRows: indices([...rows.keys()]),
      ...choiceTensors(choices, this.#model.fewestChoices),
      ...(repeated !== undefined && {
        ...repeatTensors(repeated, choices, rows.length),
        ownLengths: indices(lengths),
      }),
    });
    for (const present of eachStep(outputs['present'] as SessionTensor, repeated !== undefined)) {
      this.#caches.append(
        { ...outputs, present },
        rows.map(({ length }) => length),
      );
      for (const row of rows) row.length++;
    }
    return outputs;
  }

  /** Frees what lies on a device; no step may be running. */
  close(): void {
    this.#caches.close();
    this.#sent?.close();
  }

  async #tileTensors(rows: number): Promise<Record<string, SessionTensor>> {
    const tensors = this.#tiles.tensors(rows);
    return this.#sent === undefined ? tensors : await this.#sent.tensors(this.#tiles, tensors);
  }

  /** Pads to `leastRows` with copies of row 0, which read no prompt; their results are not read. */
  #padded(rows: RowState[]): readonly RowState[] {
    const missing = this.#model.leastRows - rows.length;
    return missing > 0
      ? [...rows, ...Array.from({ length: missing }, () => ({ ...(rows[0] as RowState) }))]
      : rows;
  }

  /** S follows the longest row, in steps; W = P + 1 + S stays a multiple of 16. */
  #makeRoom(rows: readonly RowState[], steps: number): void {
    const longest = Math.max(...rows.map(({ length }) => length)) + steps - 1;
    const wanted = Math.max(leastKeys(this.#model.shape.headDim), lengthBucket(longest + 2 + TAIL_KEYS)) - 1;
    const { width } = this.#caches;
    if (wanted > width || 2 * wanted < width) this.#layout = undefined;
    this.#caches.resize(rows.length, this.#layout === undefined ? wanted : width);
  }

  #tokens(rows: readonly RowState[]): Record<string, SessionTensor> {
    const column = (values: readonly number[]) =>
      sessionTensor('int64', [rows.length, 1], BigInt64Array.from(values, BigInt));
    return {
      inputIds: column(rows.map(({ token }) => token)),
      positionIds: column(rows.map(positionOf)),
      ...(this.#model.rowLengths && { rowLengths: indices(rows.map((row) => positionOf(row) + 1)) }),
    };
  }

  #masks(rows: readonly RowState[]): Record<string, SessionTensor> {
    const [P, S] = [this.#tiles.width, this.#caches.width];
    const { repeats } = this.#model;
    const W = P + 1 + S;
    const bias = new Float32Array(rows.length * W).fill(MASKED);
    rows.forEach(({ promptLength, length }, row) => {
      bias.fill(0, row * W, row * W + promptLength);
      // A graph that repeats steps masks what a row has not come to itself.
      bias.fill(0, row * W + P, repeats ? (row + 1) * W : row * W + P + 1 + length);
    });
    const attentionBias = sessionTensor('float32', [rows.length, 1, 1, W], bias);
    if (!this.#model.keyPositions) return { attentionBias };
    return { attentionBias, keyPositions: keyPositions(rows, P, S) };
  }
}

/** The newest keys of each step, [2 L B, K, 1, Dh]. */
function eachStep(present: SessionTensor, isRepeated: boolean): SessionTensor[] {
  if (!isRepeated) return [present];
  const [steps = 0, ...dims] = present.dims;
  const data = present.data as Float32Array;
  const size = data.length / steps;
  return Array.from({ length: steps }, (_, step) =>
    sessionTensor('float32', dims, data.subarray(step * size, (step + 1) * size)),
  );
}

function positionOf({ promptLength, length }: RowState): number {
  return promptLength + length;
}

/** int64 [B, P + 1 + S]: the prompt's from 0 on, the row's own position, its earlier ones behind the prompt. */
function keyPositions(rows: readonly RowState[], P: number, S: number): SessionTensor {
  const positions = rows.flatMap((row) => [
    ...Array(P).keys(),
    positionOf(row),
    ...Array.from({ length: S }, (_, at) => row.promptLength + at),
  ]);
  return sessionTensor('int64', [rows.length, P + 1 + S], BigInt64Array.from(positions, BigInt));
}
