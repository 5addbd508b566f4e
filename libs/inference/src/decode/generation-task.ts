import { mean } from '@sipf/method';
import type { Tokenizer } from '@sipf/models';
import { createRng } from '@sipf/random';
import type { TokenLogProbs, RankedToken } from '../sampling/ranked-tokens.ts';
import { laneWidth } from './buckets.ts';
import { Completion, type FinishReason } from './completion.ts';
import type { EngineSample, SamplePiece } from './generated-sample.ts';
import type { ResolvedRequest } from './generation-request.ts';
import type { PromptCache } from './prompt-cache.ts';

/** One sample in a slot. */
export interface DecodeRow {
  readonly task: GenerationTask;
  readonly sampleIndex: number;
  readonly completion: Completion;
  /** Per token the most probable ones there, where they are wanted. */
  readonly top: (readonly RankedToken[])[];
  /** Length of its text that pieces have reported, in UTF-16 code units. */
  reported: number;
  /** The next uniform in [0, 1); the t-th draw belongs to the sample's t-th token. */
  uniform(): number;
}

/** Gets what becomes of a task. */
export interface TaskListener {
  sample(sample: EngineSample): void;
  piece(piece: SamplePiece): void;
  done(): void;
  failed(error: unknown): void;
}

/** A request that is worked on: which samples are still to be started and how many have ended. */
export class GenerationTask {
  readonly request: ResolvedRequest;
  /** Prompt tokens that a prefill reads. */
  readonly prefix: readonly number[];
  /** Tasks of one width run together. */
  readonly laneWidth: number;
  cache: PromptCache | undefined;
  /** The prompt's log-probabilities from the prefill, where they are wanted. */
  prompt: readonly TokenLogProbs[] | undefined;
  cancelled = false;
  readonly #listener: TaskListener;
  readonly #tokenizer: Tokenizer | undefined;
  #started = 0;
  #ended = 0;

  constructor(request: ResolvedRequest, tokenizer: Tokenizer | undefined, listener: TaskListener) {
    this.request = request;
    this.prefix = request.promptIds.slice(0, -1);
    this.laneWidth = laneWidth(this.prefix.length);
    this.#tokenizer = tokenizer;
    this.#listener = listener;
  }

  /** Samples not yet in a slot. */
  get waiting(): number {
    return this.request.n - this.#started;
  }

  /** Starts the next sample; its stream of uniforms depends on seed, key and index alone. */
  startRow(): DecodeRow {
    const { seed, key, sampling, firstSampleIndex, promptIds } = this.request;
    const sampleIndex = firstSampleIndex + this.#started++;
    const rng = createRng(seed).split(key).split(`sample/${sampleIndex}`);
    const decoder = this.#tokenizer?.createIncrementalDecoder({ promptIds });
    const completion = new Completion(sampling, decoder);
    return { task: this, sampleIndex, completion, top: [], reported: 0, uniform: () => rng.uniform() };
  }

  /** Reports what an unfinished row has come to say, where that is wanted. */
  reportPiece(row: DecodeRow): void {
    const { requestIndex, pieces } = this.request;
    if (!pieces) return;
    const { sampleIndex, reported: from } = row;
    const text = row.completion.textSoFar().slice(from);
    if (text === '') return;
    row.reported += text.length;
    this.#listener.piece({ requestIndex, sampleIndex, from, text });
  }

  /** Hands a finished row over. */
  endRow({ completion, sampleIndex, top }: DecodeRow, finishReason: FinishReason): void {
    this.#ended++;
    const { requestIndex, n } = this.request;
    const { tokenIds, logProbs } = completion;
    this.#listener.sample({
      requestIndex,
      sampleIndex,
      tokenIds,
      tokenCount: tokenIds.length,
      text: completion.text(),
      logProbs,
      meanLogProb: logProbs.length === 0 ? 0 : mean(logProbs),
      finishReason,
      top,
      prompt: this.prompt,
    });
    if (this.#ended === n) this.#listener.done();
  }

  fail(error: unknown): void {
    this.cancelled = true;
    this.#listener.failed(error);
  }
}
