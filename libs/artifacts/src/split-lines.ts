import { LineOutline, type LongLine } from './line-outline.ts';

const NEWLINE = 10;

/** How a stream is split. */
export interface SplitLinesOptions {
  readonly maxLineBytes: number;
  /** Up to this length a line that is too long is passed over. */
  readonly maxSkippedBytes: number;
  /** Makes the error of a line that is longer than may even be passed over. */
  readonly tooLong: (line: number) => Error;
}

/** The lines of a stream in bounded memory, without their ends; of one that is too long only what is known of it. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  options: SplitLinesOptions,
): AsyncGenerator<Uint8Array | LongLine> {
  let line = new Line(1, options);
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      line.add(chunk.subarray(start, end));
      yield line.content();
      [line, start] = [new Line(line.number + 1, options), end + 1];
    }
    line.add(chunk.slice(start));
  }
  if (line.bytes > 0) yield line.content();
}

/** A line that is being read. */
class Line {
  readonly number: number;
  bytes = 0;
  readonly #options: SplitLinesOptions;
  #parts: Uint8Array[] = [];
  #outline: LineOutline | undefined;

  constructor(number: number, options: SplitLinesOptions) {
    this.number = number;
    this.#options = options;
  }

  add(part: Uint8Array): void {
    this.bytes += part.byteLength;
    const { maxLineBytes, maxSkippedBytes, tooLong } = this.#options;
    if (this.bytes > Math.max(maxLineBytes, maxSkippedBytes)) throw tooLong(this.number);
    this.#parts.push(part);
    if (this.bytes <= maxLineBytes) return;
    this.#outline ??= new LineOutline();
    for (const known of this.#parts) this.#outline.add(known);
    this.#parts = [];
  }

  content(): Uint8Array | LongLine {
    if (this.#outline === undefined) return concatenate(this.#parts, this.bytes);
    const { fields, longest } = this.#outline;
    return { line: this.number, bytes: this.bytes, maxBytes: this.#options.maxLineBytes, fields, longest };
  }
}

function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const result = new Uint8Array(length);
  let position = 0;
  for (const part of parts) {
    result.set(part, position);
    position += part.byteLength;
  }
  return result;
}
