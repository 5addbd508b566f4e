import type { Hosting } from '../host/hosting.ts';
import type { SessionOptions } from '../session/execution-provider.ts';
import type { ScoreBatch } from './row-scorer.ts';

/** What a scoring worker does. */
export interface Scoring extends Hosting<SessionOptions> {
  /** Answers each row's scores, see RowScorer. */
  score: [request: ScoreBatch, answer: Float32Array[]];
}
