/** How a stream of requests is worked on. */
export interface PipelineOptions<Input, Output> {
  /** @param index position of the request in the stream */
  readonly work: (input: Input, index: number, signal: AbortSignal) => Promise<Output>;
  /** Requests worked on at the same time; none further is read meanwhile. */
  readonly ahead: number;
  /** Whether answers come in the requests' order; asked once, of the first request. */
  readonly inOrder: (first: Input) => boolean;
  /** Ends the work on every request. */
  readonly signal: AbortSignal;
}

/**
 * Works on several requests of a stream at once and gives their answers. What was asked before the stream failed is
 * answered before its error is thrown; a request that fails ends the stream. Whatever is left then is cancelled.
 */
export async function* pipelined<Input, Output>(
  inputs: AsyncIterable<Input>,
  options: PipelineOptions<Input, Output>,
): AsyncGenerator<Output, void, undefined> {
  const pipeline = new Pipeline(inputs[Symbol.asyncIterator](), options);
  try {
    while (await pipeline.advance()) {
      const output = pipeline.take();
      if (output !== undefined) yield await output;
    }
  } finally {
    pipeline.cancel();
  }
}

interface Entry<Output> {
  readonly output: Promise<Output>;
  /** Never rejects. */
  readonly settled: Promise<void>;
  isSettled: boolean;
}

class Pipeline<Input, Output> {
  readonly #source: AsyncIterator<Input>;
  readonly #options: PipelineOptions<Input, Output>;
  readonly #cancelled = new AbortController();
  readonly #signal: AbortSignal;
  #entries: Entry<Output>[] = [];
  #reading: Promise<void> | undefined;
  #count = 0;
  #inOrder = true;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterator<Input>, options: PipelineOptions<Input, Output>) {
    this.#source = source;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#cancelled.signal]);
  }

  /** Waits until something may have happened. @returns false at the end @throws the stream's own error */
  async advance(): Promise<boolean> {
    if (!this.#isEnded && this.#entries.length < this.#options.ahead) this.#reading ??= this.#read();
    if (this.#next() !== undefined) return true;
    // In order, only the first answer is waited for: others that are there would end the wait at once.
    const due = this.#inOrder ? this.#entries.slice(0, 1) : this.#entries;
    const waits = due.map(({ settled }) => settled);
    if (this.#reading !== undefined) waits.push(this.#reading);
    if (waits.length > 0) {
      await Promise.race(waits);
      return true;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return false;
  }

  /** The answer that is due, if there is one. */
  take(): Promise<Output> | undefined {
    const next = this.#next();
    this.#entries = this.#entries.filter((entry) => entry !== next);
    return next?.output;
  }

  cancel(): void {
    this.#cancelled.abort();
    // Not waited for: a reader that waits for its peer's next message hears of the end by its own signal.
    void this.#source.return?.().then(ignore, ignore);
  }

  #next(): Entry<Output> | undefined {
    if (!this.#inOrder) return this.#entries.find(({ isSettled }) => isSettled);
    const [first] = this.#entries;
    return first?.isSettled === true ? first : undefined;
  }

  async #read(): Promise<void> {
    try {
      const result = await this.#source.next();
      if (result.done === true) this.#isEnded = true;
      else this.#begin(result.value);
    } catch (error) {
      this.#isEnded = true;
      this.#failure = { error };
    }
    this.#reading = undefined;
  }

  #begin(input: Input): void {
    if (this.#count === 0) this.#inOrder = this.#options.inOrder(input);
    const output = this.#options.work(input, this.#count++, this.#signal);
    const entry: Entry<Output> = { output, settled: output.then(settle, settle), isSettled: false };
    function settle(): void {
      entry.isSettled = true;
    }
    this.#entries.push(entry);
  }
}

function ignore(): void {
  // The stream is over, however its source ends.
}
