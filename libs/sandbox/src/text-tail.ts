/** Keeps the last characters of a stream. */
export class TextTail {
  readonly #maxChars: number;
  #text = '';

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  add(text: string): void {
    this.#text = (this.#text + text).slice(-this.#maxChars);
  }

  get text(): string {
    return this.#text;
  }
}
