import { toOnnxModel } from '@sipf/graph';
import { dependsOnLength } from '@sipf/models';
import { rowsPerBatch } from '../decode/buckets.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import {
  openSession,
  sessionTensor,
  type Session,
  type SessionOptions,
  type SessionTensor,
} from '../session/session.ts';
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

/**
 * Rows of every micro-batch of this bucket; it depends on the bucket alone and missing rows are filled up with padding,
 * so a row's score does not depend on its companions.
 */
export function scoreRowsPerBatch(bucket: number): number {
  return rowsPerBatch(bucket, BATCH_TOKENS, MOST_ROWS);
}

/** Runs scoring graphs over micro-batches; owns its sessions. */
export interface RowScorer {
  /**
   * @param rows at most `scoreRowsPerBatch(bucket)`, none longer than `bucket`
   * @returns per row the scores at its own positions, see buildScoreGraph
   */
  score(kind: ScoreKind, rows: readonly ScoreRow[], bucket: number): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** A scorer over the model's weights; sessions are opened when they are first needed. */
export function createRowScorer(weights: DecoderWeights, options: SessionOptions): RowScorer {
  return new SessionRowScorer(weights, options);
}

class SessionRowScorer implements RowScorer {
  readonly #weights: DecoderWeights;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<ScoreKind, Promise<Session>>();

  constructor(weights: DecoderWeights, options: SessionOptions) {
    this.#weights = weights;
    this.#options = options;
  }

  async score(kind: ScoreKind, rows: readonly ScoreRow[], bucket: number): Promise<Float32Array[]> {
    const session = await this.#session(kind);
    const outputs = await session.run(this.#inputs(kind, rows, bucket));
    const scores = outputs['scores']?.data as Float32Array;
    return rows.map(({ ids }, row) => scores.slice(row * bucket, row * bucket + ids.length));
  }

  async close(): Promise<void> {
    const sessions = await Promise.all(this.#sessions.values());
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.close()));
  }

  #session(kind: ScoreKind): Promise<Session> {
    const known = this.#sessions.get(kind);
    if (known !== undefined) return known;
    const { graph, external } = buildScoreGraph(this.#weights, kind);
    const opened = openSession(toOnnxModel(graph), this.#options, external);
    this.#sessions.set(kind, opened);
    return opened;
  }

  #inputs(kind: ScoreKind, rows: readonly ScoreRow[], bucket: number): Record<string, SessionTensor> {
    const shape = [scoreRowsPerBatch(bucket), bucket];
    const elements = scoreRowsPerBatch(bucket) * bucket;
    const inputIds = new BigInt64Array(elements);
    const completionMask = new Float32Array(elements);
    rows.forEach(({ ids, promptLength }, row) => {
      ids.forEach((id, at) => (inputIds[row * bucket + at] = BigInt(id)));
      completionMask.fill(1, row * bucket + promptLength, row * bucket + ids.length);
    });
    const lengths = BigInt64Array.from({ length: scoreRowsPerBatch(bucket) }, (_, row) =>
      BigInt(rows[row]?.ids.length ?? 1),
    );
    return {
      inputIds: sessionTensor('int64', shape, inputIds),
      ...(dependsOnLength(this.#weights.config) && {
        rowLengths: sessionTensor('int64', [lengths.length], lengths),
      }),
      ...(needsCompletionMask(this.#weights.config, kind) && {
        completionMask: sessionTensor('float32', shape, completionMask),
      }),
    };
  }
}
