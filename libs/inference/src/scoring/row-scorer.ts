import { dependsOnLength, type DecoderConfig } from '@sipf/models';
import { leastKeys } from '../decode/buckets.ts';
import type { SessionOptions, SessionTensor } from '../session/session.ts';
import { AdaptedSessions } from '../weights/adapted-sessions.ts';
import type { DecoderWeights } from '../weights/decoder-weights.ts';
import type { OpenAdapter } from '../weights/open-adapter.ts';
import { ownLength, packRows, type PackedForm, type PackedRow } from './packed-rows.ts';
import { buildScoreGraph, classInput, needsCompletionMask, type ScoreKind } from './score-graphs.ts';

/** One micro-batch. */
export interface ScoreBatch {
  readonly kind: ScoreKind;
  readonly rows: readonly PackedRow[];
  /** Name of an attached adapter; the base alone where absent. */
  readonly adapter?: string | undefined;
}

/** Runs scoring graphs over micro-batches. */
export interface RowScorer {
  /**
   * Per row the scores at its own positions from `sharedLength` on, see buildScoreGraph. They depend on the row alone: what it
   * shares it reads apart from the rest even where nobody else has it, and no product has fewer than 16 rows.
   */
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

  async score({ kind, rows, adapter }: ScoreBatch): Promise<Float32Array[]> {
    const config = (adapter === undefined ? undefined : this.#adapterConfigs.get(adapter)) ?? this.#config;
    const { inputs, classes } = packRows(rows, formOf(config, kind));
    const outputs = await this.#sessions.runOf(kind, adapter)(inputs);
    const results: Float32Array[] = [];
    classes.forEach((members, index) => {
      const scores = outputs[classInput('scores', index)] as SessionTensor;
      const [, width = 0] = scores.dims;
      members.forEach((row, at) => {
        const own = ownLength(rows[row] as PackedRow);
        results[row] = (scores.data as Float32Array).slice(at * width, at * width + own);
      });
    });
    return results;
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

function formOf(config: DecoderConfig, kind: ScoreKind): PackedForm {
  return {
    completionMask: needsCompletionMask(config, kind),
    tokenLengths: dependsOnLength(config),
    leastKeys: leastKeys(config.headDim),
  };
}
