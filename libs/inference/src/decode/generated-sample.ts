import type { TokenLogProbs, RankedToken } from '../sampling/ranked-tokens.ts';
import type { FinishReason } from './completion.ts';

/** One finished sample, wherever it was written. */
export interface GeneratedSample {
  /** Position of the request among those given to this call. */
  readonly requestIndex: number;
  readonly sampleIndex: number;
  /** Every generated token, an end token included; undefined where a server that generates does not report them. */
  readonly tokenIds: readonly number[] | undefined;
  /** Generated tokens, an end token included. */
  readonly tokenCount: number;
  /** Text before the end token or stop string; empty for a model without tokenizer. */
  readonly text: string;
  /** log p of each token under the model itself (temperature 1, no filter), in nats. */
  readonly logProbs: readonly number[];
  /** Mean of `logProbs`; 0 for none. */
  readonly meanLogProb: number;
  readonly finishReason: FinishReason;
  /** Per generated token the most probable ones there; empty where none are asked for. */
  readonly top: readonly (readonly RankedToken[])[];
  /** Per token of the prompt but the first, before which nothing is; undefined where they are not asked for. */
  readonly prompt: readonly TokenLogProbs[] | undefined;
}

/** A sample of this library's engine, which knows its tokens. */
export interface EngineSample extends GeneratedSample {
  readonly tokenIds: readonly number[];
}

/** What an unfinished sample has said since the piece before. */
export interface SamplePiece extends Pick<GeneratedSample, 'requestIndex' | 'sampleIndex' | 'text'> {
  /** Where it begins in the sample's text, in UTF-16 code units. */
  readonly from: number;
}
