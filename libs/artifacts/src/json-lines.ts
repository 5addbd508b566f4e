import { SipfError } from '@sipf/errors';
import { canonicalJson } from './canonical-json.ts';
import type { LongLine } from './line-outline.ts';
import { splitLines } from './split-lines.ts';

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
  /** What stands for a line that is too long, which is then passed over. @default it is thrown */
  readonly ofLongLine?: (long: LongLine) => T;
}

const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** A line that is passed over ends before this, so that a source without line breaks ends too. */
const MAX_SKIPPED_BYTES = 1024 * 1024 * 1024;

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
  const { name, ofLongLine, maxLineBytes = MAX_LINE_BYTES } = options;
  const tooLong = (line: number): SipfError =>
    lineError('DATA_LINE_TOO_LONG', `${name}:${line}`, `is longer than ${maxLineBytes} bytes`);
  const maxSkippedBytes = ofLongLine === undefined ? 0 : MAX_SKIPPED_BYTES;
  let line = 0;
  for await (const found of splitLines(chunks, { maxLineBytes, maxSkippedBytes, tooLong })) {
    line++;
    if (!(found instanceof Uint8Array)) {
      // Without `ofLongLine` such a line has been thrown.
      if (ofLongLine !== undefined) yield { value: ofLongLine(found), line };
      continue;
    }
    const read = readLine(found, `${name}:${line}`, options);
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
