import { readUntilAborted, type CallOptions } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { probabilityOf } from '@sipf/method';
import { dependsOnLength } from '@sipf/models';
import { hostModel, type HostedModel } from '../host/hosted-model.ts';
import type { HostOptions } from '../host/model-host.ts';
import type { OpenCall } from '../host/open-calls.ts';
import type { SessionOptions } from '../session/execution-provider.ts';
import type { ModelFacts, ModelSource } from '../weights/model-source.ts';
import { collectBatches } from './batch-collector.ts';
import type { PackedRow, ScoreRow } from './packed-rows.ts';
import type { ScoreBatch } from './row-scorer.ts';
import type { ScoreKind } from './score-graphs.ts';
import type { Scoring } from './scoring.ts';

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
interface CompletionScores {
  readonly rowIndex: number;
  /** log p of each completion token given all before it, in nats. */
  readonly logProbs: readonly number[];
  /** Sum of `logProbs`. */
  readonly sum: number;
}

type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** A model that scores given text, or a model with an adapter; the caller owns it and closes it. */
export interface Scorer {
  /** What is known of the model, its adapter included. */
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

/** Micro-batches given to a worker ahead of the one that runs. */
const AHEAD = 3;

/** Starts the threads and loads the model on each, off the calling thread. */
export async function createScorer(source: ModelSource, options: HostOptions = {}): Promise<ScorerHost> {
  const { threadsPerWorker: threads = 1, device = 'cpu' } = options;
  const layout: SessionOptions = { threads, device };
  const entry = new URL('./scoring-worker.ts', import.meta.url);
  const kind = { entry, name: 'scoring', layout, ahead: AHEAD };
  return new ScorerHost(await hostModel<SessionOptions, Scoring>(source, kind, options));
}

interface IndexedRow<Row extends ScoreRow> {
  readonly rowIndex: number;
  readonly row: Row & PackedRow;
}

/** A batch's kind of score, and what becomes of each row's. */
interface Reading<Row extends ScoreRow, Result> {
  readonly kind: ScoreKind;
  readonly read: (row: IndexedRow<Row>, scores: Float32Array) => Result;
}

/** A scorer with threads of its own. */
export class ScorerHost implements Scorer {
  readonly #hosted: HostedModel<SessionOptions, Scoring>;

  constructor(hosted: HostedModel<SessionOptions, Scoring>) {
    this.#hosted = hosted;
  }

  get model(): ModelFacts {
    return this.#hosted.facts;
  }

  /**
   * The same model with an adapter on top, beside others and beside the model alone, on the same threads and over the same
   * weights. Closing it frees the adapter.
   * @param adapterFolder a PEFT folder
   * @throws SipfError as loadAdapterFolder does
   */
  async attach(adapterFolder: string): Promise<Scorer> {
    return new ScorerHost(await this.#hosted.attach(adapterFolder));
  }

  scoreSteps(
    rows: Rows<StepScoreRequest>,
    options: CallOptions = {},
  ): AsyncGenerator<StepScores, void, undefined> {
    const read = ({ rowIndex }: { readonly rowIndex: number }, scores: Float32Array): StepScores => ({
      rowIndex,
      logOdds: [...scores],
      probabilities: Array.from(scores, probabilityOf),
    });
    return this.#stream(rows, { kind: 'step-log-odds', read }, options);
  }

  logProbs(
    rows: Rows<ScoreRow>,
    options: CallOptions = {},
  ): AsyncGenerator<CompletionScores, void, undefined> {
    const read = ({ row, rowIndex }: IndexedRow<ScoreRow>, scores: Float32Array): CompletionScores => {
      // Position t scores the token at t + 1; a first token without anything before it has no score.
      const first = Math.max(0, row.promptLength - 1) - row.sharedLength;
      const logProbs = [...scores.subarray(first, row.ids.length - row.sharedLength - 1)];
      return { rowIndex, logProbs, sum: logProbs.reduce((total, value) => total + value, 0) };
    };
    return this.#stream(rows, { kind: 'token-log-probs', read }, options);
  }

  close(): Promise<void> {
    return this.#hosted.close();
  }

  #stream<Row extends ScoreRow, Result>(
    rows: Rows<Row>,
    reading: Reading<Row, Result>,
    options: CallOptions,
  ): AsyncGenerator<Result, void, undefined> {
    return this.#hosted.stream(options, (call: OpenCall<Result>) => ({
      items: collectBatches(indexed(readUntilAborted(rows, call.signal), this.model)),
      run: (batch: readonly IndexedRow<Row>[]) => this.#run(batch, reading, call),
    }));
  }

  async #run<Row extends ScoreRow, Result>(
    items: readonly IndexedRow<Row>[],
    { kind, read }: Reading<Row, Result>,
    { signal, results }: OpenCall<Result>,
  ): Promise<void> {
    // Callers' rows may hold more, which another thread has no use for.
    const rows = items.map(({ row: { ids, promptLength, sharedLength, stepEndPositions = [] } }) => ({
      ...{ ids, promptLength, sharedLength, stepEndPositions },
    }));
    const batch: ScoreBatch = { kind, rows, adapter: this.#hosted.adapter };
    const scores = await this.#hosted.pool.call('score', batch, { signal });
    items.forEach((item, index) => {
      results.push(read(item, scores[index] as Float32Array));
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
