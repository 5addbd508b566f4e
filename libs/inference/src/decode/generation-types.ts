import type { SamplingSettings } from '../sampling/sampling-settings.ts';
import type { PlaceLogProbs, RankedToken } from '../sampling/ranked-tokens.ts';
import type { FinishReason } from './completion.ts';

/** A prompt and how many samples of it are wanted. */
export interface GenerationRequest {
  /** At least one token; BOS, where the model wants it, is the caller's to add. */
  readonly promptIds: readonly number[];
  /** Number of samples, at least 1. @default 1 */
  readonly n?: number;
  readonly sampling: SamplingSettings;
  /** Together with `key` and the sample's index the only source of randomness. */
  readonly seed: string | number;
  /** Separates the random streams of requests that share a seed, e.g. the question's id. @default '' */
  readonly key?: string;
  /** Index of the first sample, so that more samples of a prompt continue the earlier ones. @default 0 */
  readonly firstSampleIndex?: number;
  /** Whether its samples are told piece by piece too, see GenerateOptions. @default false */
  readonly pieces?: boolean | undefined;
  /** Most probable tokens that are told of every place whose log-probability is told. @default 0 */
  readonly topLogProbs?: number | undefined;
  /** Whether the prompt's own log-probabilities are told with every sample; `maxNewTokens` may be 0 then. @default false */
  readonly promptLogProbs?: boolean | undefined;
}

/** What a sample that goes on has said since the piece before. */
export interface SamplePiece {
  /** As GeneratedSample's. */
  readonly requestIndex: number;
  readonly sampleIndex: number;
  readonly text: string;
}

/** One finished sample. */
export interface GeneratedSample {
  /** Position of the request among those given to this call. */
  readonly requestIndex: number;
  readonly sampleIndex: number;
  /** Every generated token, an end token included. */
  readonly tokenIds: readonly number[];
  /** Text before the end token or stop string; empty for a model without tokenizer. */
  readonly text: string;
  /** log p of each token under the model itself (temperature 1, no filter), in nats. */
  readonly logProbs: readonly number[];
  /** Mean of `logProbs`; 0 for none. */
  readonly meanLogProb: number;
  readonly finishReason: FinishReason;
  /** The most probable tokens in each token's place; empty where none are asked for. */
  readonly top: readonly (readonly RankedToken[])[];
  /** One a token of the prompt but the first, before which nothing is; undefined where they are not asked for. */
  readonly prompt: readonly PlaceLogProbs[] | undefined;
}
