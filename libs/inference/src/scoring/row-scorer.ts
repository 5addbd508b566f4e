import { kindOf, type DeviceName } from '@sipf/contracts/devices';
import { dependsOnLength, type DecoderConfig } from '@sipf/models';
import { leastKeys } from '../decode/buckets.ts';
import type { ModelEngine } from '../host/worker-model.ts';
import type { SessionOptions } from '../session/execution-provider.ts';
import type { Placement } from '../session/placement.ts';
import type { SessionTensor } from '../session/session.ts';
import { AdaptedSessions } from '../weights/adapted-sessions.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import type { OpenAdapter } from '../weights/open-adapter.ts';
import { ownLength, packRows, type PackedForm, type PackedRow } from './packed-rows.ts';
import {
  buildScoreGraph,
  classInput,
  needsCompletionMask,
  readsStepEnds,
  type ScoreKind,
} from './score-graphs.ts';

/** One micro-batch. */
export interface ScoreBatch {
  readonly kind: ScoreKind;
  readonly rows: readonly PackedRow[];
  /** Name of an attached adapter; the base alone where absent. */
  readonly adapter?: string | undefined;
}

/** What is scored to see where a model is computed. */
const SHORTEST_ROW: PackedRow = { ids: [0, 0], promptLength: 1, sharedLength: 0, stepEndPositions: [1] };

/** Runs scoring graphs over micro-batches; sessions are opened when they are first needed. */
export class RowScorer implements ModelEngine {
  readonly #config: DecoderConfig;
  readonly #device: DeviceName;
  readonly #adapterConfigs = new Map<string, DecoderConfig>();
  readonly #sessions: AdaptedSessions<ScoreKind>;

  constructor(weights: DecoderWeights, options: SessionOptions) {
    this.#config = weights.config;
    this.#device = options.device ?? 'cpu';
    this.#sessions = new AdaptedSessions({
      config: weights.config,
      session: options,
      build: (kind, form) => buildScoreGraph(weights, kind, form),
    });
  }

  /**
   * Per row the scores of its steps, or of its own tokens from `sharedLength` on, see buildScoreGraph. They depend on the row
   * alone: the shared part is read apart from the rest even where no other row has it, and no product has fewer than 16 rows.
   * Batches run one after the other, since each fills the thread.
   * @throws the signal's reason where it aborts before the batch's turn
   */
  async score({ kind, rows, adapter }: ScoreBatch, signal: AbortSignal): Promise<Float32Array[]> {
    const config = (adapter === undefined ? undefined : this.#adapterConfigs.get(adapter)) ?? this.#config;
    const { inputs, classes } = packRows(rows, formOf(config, kind));
    const outputs = await this.#sessions.runOf(kind, adapter)(inputs, signal);
    if (readsStepEnds(config, kind)) return rowByRow(rows, outputs['scores'] as SessionTensor);
    const results: Float32Array[] = [];
    classes.forEach((members, index) => {
      const scores = outputs[classInput('scores', index)] as SessionTensor;
      const [, width = 0] = scores.dims;
      members.forEach((row, at) => {
        const tokens = (scores.data as Float32Array).subarray(at * width);
        results[row] = wantedOf(kind, rows[row] as PackedRow, tokens);
      });
    });
    return results;
  }

  async placement(): Promise<Placement | undefined> {
    if (kindOf(this.#device) === 'cpu') return undefined;
    const kind = this.#config.head === 'lm' ? 'token-log-probs' : 'step-log-odds';
    await this.score({ kind, rows: [SHORTEST_ROW] }, new AbortController().signal);
    return this.#sessions.placement(kind);
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

/** The scores of every row's steps, which follow each other. */
function rowByRow(rows: readonly PackedRow[], { data }: SessionTensor): Float32Array[] {
  let start = 0;
  return rows.map(({ stepEndPositions = [] }) =>
    (data as Float32Array).slice(start, (start += stepEndPositions.length)),
  );
}

/** Of the scores of a row's own tokens, and of padding, those that are wanted. */
function wantedOf(kind: ScoreKind, row: PackedRow, scores: Float32Array): Float32Array {
  if (kind === 'token-log-probs') return scores.slice(0, ownLength(row));
  const { stepEndPositions = [], sharedLength } = row;
  return Float32Array.from(stepEndPositions, (position) => scores[position - sharedLength] as number);
}

function formOf(config: DecoderConfig, kind: ScoreKind): PackedForm {
  return {
    completionMask: needsCompletionMask(config, kind),
    tokenLengths: dependsOnLength(config),
    stepTokens: readsStepEnds(config, kind),
    leastKeys: leastKeys(config.headDim),
  };
}
