import { SipfError } from '@sipf/errors';
import { canonicalJson } from './canonical-json.ts';

/** One value of a JSONL stream and its line number. */
export interface JsonLine<T> {
  readonly value: T;
  /** From 1. */
  readonly line: number;
}

/** How lines are read. */
export interface JsonLinesOptions<T> {
  /** Names the source in errors, e.g. `train.jsonl`. */
  readonly name: string;
  /** Turns a parsed value into a T; its SipfError is rethrown with the location before its message. */
  readonly parse: (value: unknown) => T;
  /** @default 16 MiB */
  readonly maxLineBytes?: number;
  /** Receives every wrong line, which is then skipped. @default the first one is thrown */
  readonly onFault?: (fault: SipfError) => void;
}

const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 10;

/**
 * The values of a JSONL stream, one by one. Lines of white space alone are skipped, `\r\n` and a byte-order mark are
 * understood.
 *
 * @throws SipfError invalid-argument DATA_LINE_INVALID (`data.jsonl:17: ...`) for a line that is not JSON in UTF-8 or
 * that `parse` refuses, DATA_LINE_TOO_LONG
 */
export async function* readJsonLines<T>(
  chunks: AsyncIterable<Uint8Array>,
  options: JsonLinesOptions<T>,
): AsyncGenerator<JsonLine<T>> {
  let line = 0;
  for await (const bytes of splitLines(chunks, options)) {
    line++;
    const read = readLine(bytes, `${options.name}:${line}`, options);
    if (read !== undefined) yield { value: read.value, line };
  }
}

/** Undefined for a line of white space, and for a wrong one that `onFault` has received. */
function readLine<T>(
  bytes: Uint8Array,
  location: string,
  { parse, onFault }: JsonLinesOptions<T>,
): { readonly value: T } | undefined {
  try {
    const text = decodeLine(bytes, location);
    return text.trim() === '' ? undefined : { value: parseLine(text, location, parse) };
  } catch (error) {
    if (onFault === undefined || !(error instanceof SipfError)) throw error;
    onFault(error);
    return undefined;
  }
}

/** A stream of canonical JSON lines, each ended by a newline; equal values give equal bytes. */
export async function* writeJsonLines(
  values: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const value of values) yield encoder.encode(`${canonicalJson(value)}\n`);
}

async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  { name, maxLineBytes = MAX_LINE_BYTES }: JsonLinesOptions<unknown>,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let line = 1;
  const add = (part: Uint8Array) => {
    parts.push(part);
    length += part.byteLength;
    if (length > maxLineBytes) {
      throw lineError('DATA_LINE_TOO_LONG', `${name}:${line}`, `is longer than ${maxLineBytes} bytes`);
    }
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      yield concatenate(parts, length);
      [parts, length, line, start] = [[], 0, line + 1, end + 1];
    }
    add(chunk.slice(start));
  }
  if (length > 0) yield concatenate(parts, length);
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

function decodeLine(bytes: Uint8Array, location: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw lineError('DATA_LINE_INVALID', location, 'is not UTF-8', cause);
  }
}

function parseLine<T>(text: string, location: string, parse: (value: unknown) => T): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw lineError('DATA_LINE_INVALID', location, 'is not JSON', cause);
  }
  try {
    return parse(value);
  } catch (error) {
    throw error instanceof SipfError ? wrongLine(location, error) : error;
  }
}

/** The error of a line whose value was refused. @param location e.g. `data.jsonl:17` */
export function wrongLine(location: string, error: Error): SipfError {
  return lineError('DATA_LINE_INVALID', location, error.message, error);
}

function lineError(reason: string, location: string, description: string, cause?: unknown): SipfError {
  const options = { reason, violations: [{ field: location, description }], cause };
  return new SipfError('invalid-argument', `${location}: ${description}`, options);
}
