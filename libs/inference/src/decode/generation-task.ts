import type { Tokenizer } from '@sipf/models';
import { createRng } from '@sipf/random';
import type { PlaceLogProbs, RankedToken } from '../sampling/ranked-tokens.ts';
import type { ResolvedSampling } from '../sampling/sampling-settings.ts';
import { laneWidth } from './buckets.ts';
import { createCompletion, type Completion, type FinishReason } from './completion.ts';
import type { PromptCache } from './prompt-cache.ts';

/** A request as a worker gets it: complete and validated. */
export interface GenerationOrder {
  readonly promptIds: readonly number[];
  readonly n: number;
  readonly firstSampleIndex: number;
  readonly sampling: ResolvedSampling;
  readonly seed: string;
  readonly key: string;
  readonly pieces: boolean;
  readonly topLogProbs: number;
  readonly promptLogProbs: boolean;
  /** Name of an attached adapter; the base alone where absent. */
  readonly adapter?: string | undefined;
}

/** A finished sample as a worker sends it. */
export interface FinishedSample {
  readonly sampleIndex: number;
  readonly tokenIds: readonly number[];
  readonly text: string;
  readonly logProbs: readonly number[];
  readonly finishReason: FinishReason;
  readonly top: readonly (readonly RankedToken[])[];
  readonly prompt: readonly PlaceLogProbs[] | undefined;
}

/** What a sample has said from a place in its text on, in UTF-16 code units, as a worker sends it. */
export interface WrittenPiece {
  readonly sampleIndex: number;
  readonly from: number;
  readonly text: string;
}

/** One sample in a slot. */
export interface DecodeRow {
  readonly task: GenerationTask;
  readonly sampleIndex: number;
  readonly completion: Completion;
  /** The most probable tokens in each token's place, where they are wanted. */
  readonly top: (readonly RankedToken[])[];
  /** Characters of its text that have been told. */
  told: number;
  /** The next uniform in [0, 1); the t-th draw belongs to the sample's t-th token. */
  uniform(): number;
}

/** What a task tells whoever ordered it. */
export interface TaskListener {
  sample(sample: FinishedSample): void;
  piece(piece: WrittenPiece): void;
  done(): void;
  failed(error: unknown): void;
}

/** An order on its way: which samples are still to be started and how many have ended. */
export class GenerationTask {
  readonly order: GenerationOrder;
  /** Prompt tokens that a prefill reads. */
  readonly prefix: readonly number[];
  /** Tasks of one width run together. */
  readonly laneWidth: number;
  cache: PromptCache | undefined;
  /** What the prefill has told of the prompt, where that is wanted. */
  prompt: readonly PlaceLogProbs[] | undefined;
  cancelled = false;
  readonly #listener: TaskListener;
  readonly #tokenizer: Tokenizer | undefined;
  #started = 0;
  #ended = 0;

  constructor(order: GenerationOrder, tokenizer: Tokenizer | undefined, listener: TaskListener) {
    this.order = order;
    this.prefix = order.promptIds.slice(0, -1);
    this.laneWidth = laneWidth(this.prefix.length);
    this.#tokenizer = tokenizer;
    this.#listener = listener;
  }

  /** Samples not yet in a slot. */
  get waiting(): number {
    return this.order.n - this.#started;
  }

  /** Starts the next sample; its stream of uniforms depends on seed, key and index alone. */
  startRow(): DecodeRow {
    const { seed, key, sampling, firstSampleIndex, promptIds } = this.order;
    const sampleIndex = firstSampleIndex + this.#started++;
    const rng = createRng(seed).split(key).split(`sample/${sampleIndex}`);
    const decoder = this.#tokenizer?.createIncrementalDecoder({ promptIds });
    const completion = createCompletion(sampling, decoder);
    return { task: this, sampleIndex, completion, top: [], told: 0, uniform: () => rng.uniform() };
  }

  /** Tells what a row that goes on has come to say, where that is wanted. */
  tellPiece(row: DecodeRow): void {
    if (!this.order.pieces) return;
    const { sampleIndex, told: from } = row;
    const text = row.completion.textSoFar().slice(from);
    if (text === '') return;
    row.told += text.length;
    this.#listener.piece({ sampleIndex, from, text });
  }

  /** Hands a finished row over. */
  endRow(row: DecodeRow, finishReason: FinishReason): void {
    this.#ended++;
    const { completion, sampleIndex, top } = row;
    this.#listener.sample({
      sampleIndex,
      tokenIds: completion.tokenIds,
      text: completion.text(),
      logProbs: completion.logProbs,
      finishReason,
      top,
      prompt: this.prompt,
    });
    if (this.#ended === this.order.n) this.#listener.done();
  }

  fail(error: unknown): void {
    this.cancelled = true;
    this.#listener.failed(error);
  }
}
