import { dependsOnLength, type DecoderConfig } from '@sipf/models';
import { rowsPerBatch } from '../decode/buckets.ts';
import { sessionTensor, type SessionOptions, type SessionTensor } from '../session/session.ts';
import { AdaptedSessions } from '../weights/adapted-sessions.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import type { OpenAdapter } from '../weights/open-adapter.ts';
import { buildScoreGraph, needsCompletionMask, type ScoreKind } from './score-graphs.ts';

/** A row as a worker scores it. */
export interface ScoreRow {
  readonly ids: readonly number[];
  /** Tokens before the completion. */
  readonly promptLength: number;
}

/** Tokens of one micro-batch, padding included, and the most rows in it. */
const BATCH_TOKENS = 512;
const MOST_ROWS = 8;

/** Rows are padded to a multiple of this: as far as the softmax' partial sums reach. */
const BUCKET = 16;

/** The padded length of a row; it depends on the row alone, which keeps its arithmetic independent of the batch. */
export function scoreBucket(length: number): number {
  return BUCKET * Math.max(1, Math.ceil(length / BUCKET));
}

/**
 * Most rows of a micro-batch of this bucket. A micro-batch has as many rows as there are: a row's score depends on its bucket
 * and not on its companions, since the products' rows are independent and no product has fewer than a bucket's 16 rows.
 */
export function scoreRowsPerBatch(bucket: number): number {
  return rowsPerBatch(bucket, BATCH_TOKENS, MOST_ROWS);
}

/** One micro-batch. */
export interface ScoreBatch {
  readonly kind: ScoreKind;
  /** Padded length. */
  readonly bucket: number;
  /** At most `scoreRowsPerBatch(bucket)`, none longer than `bucket`. */
  readonly rows: readonly ScoreRow[];
  /** Name of an attached adapter; the base alone where absent. */
  readonly adapter?: string | undefined;
}

/** Runs scoring graphs over micro-batches. */
export interface RowScorer {
  /** Per row the scores at its own positions, see buildScoreGraph. */
  score(batch: ScoreBatch): Promise<Float32Array[]>;
  attach(name: string, adapter: OpenAdapter): void;
  detach(name: string): Promise<void>;
  close(): Promise<void>;
}

/** A scorer over the model's weights; sessions are opened when they are first needed. */
export function createRowScorer(weights: DecoderWeights, options: SessionOptions): RowScorer {
  return new SessionRowScorer(weights, options);
}

class SessionRowScorer implements RowScorer {
  readonly #config: DecoderConfig;
  readonly #adapterConfigs = new Map<string, DecoderConfig>();
  readonly #sessions: AdaptedSessions<ScoreKind>;

  constructor(weights: DecoderWeights, options: SessionOptions) {
    this.#config = weights.config;
    this.#sessions = new AdaptedSessions({
      config: weights.config,
      session: options,
      build: (kind, form) => buildScoreGraph(weights, kind, form),
    });
  }

  async score({ kind, rows, bucket, adapter }: ScoreBatch): Promise<Float32Array[]> {
    const config = (adapter === undefined ? undefined : this.#adapterConfigs.get(adapter)) ?? this.#config;
    const needs = { mask: needsCompletionMask(config, kind), lengths: dependsOnLength(config) };
    const outputs = await this.#sessions.runOf(kind, adapter)(inputsOf(rows, bucket, needs));
    const scores = outputs['scores']?.data as Float32Array;
    return rows.map(({ ids }, row) => scores.slice(row * bucket, row * bucket + ids.length));
  }

  attach(name: string, adapter: OpenAdapter): void {
    this.#adapterConfigs.set(name, adapter.config);
    this.#sessions.attach(name, adapter);
  }

  async detach(name: string): Promise<void> {
    this.#adapterConfigs.delete(name);
    await this.#sessions.detach(name);
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }
}

function inputsOf(
  rows: readonly ScoreRow[],
  bucket: number,
  needs: { readonly mask: boolean; readonly lengths: boolean },
): Record<string, SessionTensor> {
  const shape = [rows.length, bucket];
  const inputIds = new BigInt64Array(rows.length * bucket);
  const completionMask = new Float32Array(rows.length * bucket);
  rows.forEach(({ ids, promptLength }, row) => {
    ids.forEach((id, at) => (inputIds[row * bucket + at] = BigInt(id)));
    completionMask.fill(1, row * bucket + promptLength, row * bucket + ids.length);
  });
  return {
    inputIds: sessionTensor('int64', shape, inputIds),
    ...(needs.lengths && { rowLengths: rowLengthsOf(rows) }),
    ...(needs.mask && { completionMask: sessionTensor('float32', shape, completionMask) }),
  };
}

/** int64 [B]: what angles a row's tokens have depends on it where RoPE does. */
function rowLengthsOf(rows: readonly ScoreRow[]): SessionTensor {
  return sessionTensor(
    'int64',
    [rows.length],
    BigInt64Array.from(rows, ({ ids }) => BigInt(ids.length)),
  );
}
