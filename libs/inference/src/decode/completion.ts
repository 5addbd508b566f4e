import { createStopFinder, type IncrementalDecoder, type StopFinder } from '@sipf/models';

/** Why a sample ended: with an end token, before a stop string, or at its length limit. */
export type FinishReason = 'end-token' | 'stop-string' | 'length';

/** When a sample ends. */
export interface StopRules {
  readonly maxNewTokens: number;
  readonly stopTokenIds: readonly number[];
  readonly stopStrings: readonly string[];
}

/** One sample while it grows: its tokens, its text and whether it is over. */
export class Completion {
  readonly #tokenIds: number[] = [];
  readonly #logProbs: number[] = [];
  readonly #rules: StopRules;
  readonly #decoder: IncrementalDecoder | undefined;
  readonly #finder: StopFinder;
  /** Tokens whose text has been read; without stop strings it is not needed before the end. */
  #read = 0;
  #text = '';
  #stopped = false;

  /** @param decoder Turns ids into text; absent for a model without tokenizer, whose texts are empty. */
  constructor(rules: StopRules, decoder: IncrementalDecoder | undefined) {
    this.#rules = rules;
    this.#decoder = decoder;
    this.#finder = createStopFinder(rules.stopStrings);
  }

  get tokenIds(): readonly number[] {
    return this.#tokenIds;
  }

  /** log p of each token under the model itself (no temperature, no filter). */
  get logProbs(): readonly number[] {
    return this.#logProbs;
  }

  /** @returns why the sample ends with this token; undefined before its end */
  push(token: number, logProb: number): FinishReason | undefined {
    this.#tokenIds.push(token);
    this.#logProbs.push(logProb);
    if (this.#endsWithStopToken()) return 'end-token';
    if (this.#rules.stopStrings.length > 0) this.#readTokens(this.#tokenIds.length);
    if (this.#stopped) return 'stop-string';
    return this.#tokenIds.length >= this.#rules.maxNewTokens ? 'length' : undefined;
  }

  /** The text that no further token changes; not to be asked after the last one. */
  textSoFar(): string {
    this.#readTokens(this.#tokenIds.length);
    return this.#text;
  }

  /** The text before the end token or the stop string; call it once, after the last token. */
  text(): string {
    this.#readTokens(this.#tokenIds.length - (this.#endsWithStopToken() ? 1 : 0));
    if (!this.#stopped && this.#decoder !== undefined) this.#take(this.#decoder.finish());
    // A finder that has found a stop string holds nothing back.
    return this.#text + this.#finder.finish();
  }

  #endsWithStopToken(): boolean {
    return this.#rules.stopTokenIds.includes(this.#tokenIds.at(-1) ?? -1);
  }

  #readTokens(end: number): void {
    if (this.#decoder === undefined) return;
    while (this.#read < end && !this.#stopped) {
      this.#take(this.#decoder.push(this.#tokenIds[this.#read++] as number));
    }
  }

  #take(piece: string): void {
    const { text, stop } = this.#finder.push(piece);
    this.#text += text;
    this.#stopped = stop !== undefined;
  }
}
