import { type CallOptions, FairGate } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { probabilityOf } from '@sipf/method';
import { dependsOnLength } from '@sipf/models';
import type { SessionOptions } from '../session/execution-provider.ts';
import {
  createModelHost,
  type AttachedAdapter,
  type HostCall,
  type HostOptions,
  type ModelHost,
} from '../weights/model-host.ts';
import type { ModelFacts, ModelSource } from '../weights/model-source.ts';
import { collectBatches } from './batch-collector.ts';
import type { PackedRow, ScoreRow } from './packed-rows.ts';
import type { ScoreBatch } from './row-scorer.ts';
import type { ScoreKind } from './score-graphs.ts';

/** A path whose steps are to be scored. */
export interface StepScoreRequest extends ScoreRow {
  /** Index in `ids` of each step's last token, ascending or not. */
  readonly stepEndPositions: readonly number[];
}

/** A path's scores. */
export interface StepScores {
  /** Position of the request among those given to this call. */
  readonly rowIndex: number;
  /** log(V / (1 - V)) at each of the request's positions, V being the probability of "correct"; finite, float32. */
  readonly logOdds: readonly number[];
  /** V of these log-odds in double precision, in [0, 1]. */
  readonly probabilities: readonly number[];
}

/** The log-probabilities of a given completion. */
export interface CompletionScores {
  readonly rowIndex: number;
  /** log p of each completion token given all before it, in nats. */
  readonly logProbs: readonly number[];
  /** Sum of `logProbs`. */
  readonly sum: number;
}

type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** A model that scores given text, or a model with an adapter; the caller owns it and closes it. */
export interface Scorer {
  /** @throws SipfError failed-precondition MODEL_NOT_LOADED after `unload` */
  readonly model: ModelFacts;
  /**
   * Scores every row's steps, in no particular order. A row's scores depend on the row and the model alone.
   * @throws SipfError invalid-argument SCORE_REQUEST_INVALID, failed-precondition NOT_A_VERIFIER, resource-exhausted
   *   TOO_MANY_CALLS, cancelled, deadline-exceeded
   */
  scoreSteps(
    rows: Rows<StepScoreRequest>,
    options?: CallOptions,
  ): AsyncGenerator<StepScores, void, undefined>;
  /** Log-probabilities of every row's completion, in no particular order; needs a model with an LM head. */
  logProbs(rows: Rows<ScoreRow>, options?: CallOptions): AsyncGenerator<CompletionScores, void, undefined>;
  /** Cancels open calls and frees what is the scorer's own: its threads, or its adapter. */
  close(): Promise<void>;
}

/** A scorer with threads of its own. */
export interface ScorerHost extends Scorer {
  /**
   * The same model with an adapter on top, beside others and beside the model alone, on the same threads and over the same
   * weights. Closing it frees the adapter.
   * @param adapterFolder a PEFT folder
   * @throws SipfError as loadAdapterFolder does
   */
  attach(adapterFolder: string): Promise<Scorer>;
  /**
   * Replaces the model, threads and all, once open calls have ended; calls made meanwhile wait for the new one. Where
   * the new model cannot be loaded, the one before is loaded again and the call fails. Adapters end with their model.
   */
  load(source: ModelSource): Promise<ModelFacts>;
  /** Ends the threads, and with them all of the model's memory, once open calls have ended, until the next `load`. */
  unload(): Promise<void>;
}

/** Micro-batches given to a worker ahead of the one that runs. */
const AHEAD = 3;

/** Starts the threads and loads the model on each, off the calling thread. */
export async function createScorer(source: ModelSource, options: HostOptions = {}): Promise<ScorerHost> {
  const layout: SessionOptions = { threads: options.threadsPerWorker ?? 1 };
  const entry = new URL('./scoring-worker.ts', import.meta.url);
  const host = await createModelHost(source, { entry, name: 'scoring', layout }, options);
  return new PooledScorer(host, new FairGate(AHEAD * (options.workers ?? 1)));
}

interface IndexedRow<Row extends ScoreRow> {
  readonly rowIndex: number;
  readonly row: Row & PackedRow;
}

class PooledScorer implements ScorerHost {
  readonly #host: ModelHost<SessionOptions>;
  readonly #gate: FairGate;
  readonly #adapter: AttachedAdapter | undefined;

  constructor(host: ModelHost<SessionOptions>, gate: FairGate, adapter?: AttachedAdapter) {
    this.#host = host;
    this.#gate = gate;
    this.#adapter = adapter;
  }

  get model(): ModelFacts {
    return this.#adapter?.facts ?? this.#host.model;
  }

  async attach(adapterFolder: string): Promise<Scorer> {
    return new PooledScorer(this.#host, this.#gate, await this.#host.attach(adapterFolder));
  }

  scoreSteps(
    rows: Rows<StepScoreRequest>,
    options: CallOptions = {},
  ): AsyncGenerator<StepScores, void, undefined> {
    return this.#stream('step-log-odds', rows, options, ({ rowIndex }, scores) => ({
      rowIndex,
      logOdds: [...scores],
      probabilities: Array.from(scores, probabilityOf),
    }));
  }

  logProbs(
    rows: Rows<ScoreRow>,
    options: CallOptions = {},
  ): AsyncGenerator<CompletionScores, void, undefined> {
    return this.#stream('token-log-probs', rows, options, ({ row, rowIndex }, scores) => {
      // Position t scores the token at t + 1; a first token without anything before it has no score.
      const first = Math.max(0, row.promptLength - 1) - row.sharedLength;
      const logProbs = [...scores.subarray(first, row.ids.length - row.sharedLength - 1)];
      return { rowIndex, logProbs, sum: logProbs.reduce((total, value) => total + value, 0) };
    });
  }

  load(source: ModelSource): Promise<ModelFacts> {
    return this.#host.load(source);
  }

  unload(): Promise<void> {
    return this.#host.unload();
  }

  close(): Promise<void> {
    return this.#adapter === undefined ? this.#host.close() : this.#host.detach(this.#adapter);
  }

  #stream<Row extends ScoreRow, Result>(
    kind: ScoreKind,
    rows: Rows<Row>,
    options: CallOptions,
    read: (row: IndexedRow<Row>, scores: Float32Array) => Result,
  ): AsyncGenerator<Result, void, undefined> {
    return this.#host.stream<Result>({ ...options, adapter: this.#adapter }, async (call) => {
      for await (const batch of collectBatches(indexed(rows, this.model))) {
        await call.readerReady();
        const leave = await this.#gate.enter(1, { signal: call.signal });
        call.run(this.#run(kind, batch, { call, read }).finally(leave));
      }
    });
  }

  async #run<Row extends ScoreRow, Result>(
    kind: ScoreKind,
    items: readonly IndexedRow<Row>[],
    sink: {
      readonly call: HostCall<Result>;
      readonly read: (row: IndexedRow<Row>, scores: Float32Array) => Result;
    },
  ): Promise<void> {
    // Callers' rows may hold more, which has no place in another thread.
    const rows = items.map(({ row: { ids, promptLength, sharedLength, stepEndPositions = [] } }) => ({
      ...{ ids, promptLength, sharedLength, stepEndPositions },
    }));
    const order: ScoreBatch = { kind, rows, adapter: this.#adapter?.name };
    const options = { signal: sink.call.signal, weight: 1 };
    const scores = (await this.#host.pool.call('score', order, options)) as Float32Array[];
    items.forEach((item, index) => {
      sink.call.results.push(sink.read(item, scores[index] as Float32Array));
    });
  }
}

async function* indexed<Row extends ScoreRow>(
  rows: Rows<Row>,
  model: ModelFacts,
): AsyncGenerator<IndexedRow<Row>, void, undefined> {
  let rowIndex = 0;
  for await (const row of rows) {
    checkRow(row, rowIndex, model);
    yield { rowIndex: rowIndex++, row: { ...row, sharedLength: sharedLength(row, model) } };
  }
}

/**
 * Tokens of a row that others may share with it: those before the first whose score is wanted. None where angles depend on the
 * row's length, since keys of the same tokens then differ from row to row.
 */
function sharedLength({ promptLength, stepEndPositions = [] }: ScoreRow, { config }: ModelFacts): number {
  if (dependsOnLength(config)) return 0;
  return Math.max(0, Math.min(promptLength - 1, ...stepEndPositions));
}

function checkRow(row: ScoreRow, rowIndex: number, { config }: ModelFacts): void {
  const { ids, promptLength, stepEndPositions = [] } = row;
  const refuse = (field: string, description: string): never => {
    throw new SipfError('invalid-argument', `row ${rowIndex}: ${field} ${description}`, {
      reason: 'SCORE_REQUEST_INVALID',
      violations: [{ field: `rows[${rowIndex}].${field}`, description }],
    });
  };
  const within = (index: number, end: number): boolean =>
    Number.isInteger(index) && index >= 0 && index < end;
  if (ids.length === 0) refuse('ids', 'must hold at least one token');
  if (ids.length > config.maxPositionEmbeddings) {
    refuse('ids', `are ${ids.length} tokens, the model takes ${config.maxPositionEmbeddings}`);
  }
  const foreign = ids.find((id) => !within(id, config.vocabSize));
  if (foreign !== undefined) refuse('ids', `hold ${foreign}, outside the vocabulary of ${config.vocabSize}`);
  if (!within(promptLength, ids.length + 1))
    refuse('promptLength', `must be within the row, got ${promptLength}`);
  const outside = stepEndPositions.find((position) => !within(position, ids.length));
  if (outside !== undefined)
    refuse('stepEndPositions', `hold ${outside}, outside the row's ${ids.length} tokens`);
}
