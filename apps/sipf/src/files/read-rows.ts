import { readJsonLines, type JsonLinesOptions, type LongLine } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { usageError } from '../usage-error.ts';

/** A row of a JSONL file and where it stood. */
export interface Row<T> {
  readonly value: T;
  /** From 1. */
  readonly line: number;
}

interface ReadRowsOptions<T> {
  readonly schema: z.ZodType<T>;
  readonly stdin: Readable;
}

/** A row that is too long to be read. */
export class LongRow {
  readonly known: LongLine;
  /** Why it is not read, and how to mend that. */
  readonly message: string;

  constructor(known: LongLine) {
    this.known = known;
    const longest = known.longest === undefined ? '' : `; shorten ${known.longest}, its longest field`;
    this.message = `the row on line ${known.line} has ${known.bytes} bytes, at most ${known.maxBytes} are read${longest}`;
  }
}

/**
 * The rows of a JSONL file, `-` for standard input, one by one.
 * @throws SipfError `invalid-argument` that names `file:line` and the field, or says why the file cannot be read
 */
export function readRows<T>(file: string, { schema, stdin }: ReadRowsOptions<T>): AsyncGenerator<Row<T>> {
  return readLines(file, stdin, { parse: (value) => parseRow(schema, value) });
}

/** As `readRows`, but a row that is too long stands among the others as a `LongRow`. */
export function readRowsAndLong<T>(
  file: string,
  { schema, stdin }: ReadRowsOptions<T>,
): AsyncGenerator<Row<T | LongRow>> {
  return readLines<T | LongRow>(file, stdin, {
    parse: (value) => parseRow(schema, value),
    ofLongLine: (line) => new LongRow(line),
  });
}

async function* readLines<T>(
  file: string,
  stdin: Readable,
  how: Pick<JsonLinesOptions<T>, 'parse' | 'ofLongLine'>,
): AsyncGenerator<Row<T>> {
  const name = file === '-' ? 'standard input' : basename(file);
  const chunks = file === '-' ? stdin : openFile(file);
  yield* readable(file, readJsonLines(chunks as AsyncIterable<Uint8Array>, { name, ...how }));
}

/** What a file gives. @throws SipfError `invalid-argument` that says why the file cannot be read */
export async function* readable<T>(file: string, values: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* values;
  } catch (cause) {
    if (cause instanceof SipfError || !isSystemError(cause)) throw cause;
    throw usageError(`cannot read ${file}: ${reasonOf(cause)}`, { cause });
  }
}

/** A file whose name ends in .gz is unpacked on the way. */
export function openFile(file: string): Readable {
  const bytes = createReadStream(file);
  if (!file.endsWith('.gz')) return bytes;
  const unpacked = createGunzip();
  // An error of one ends the other, whose reader hears of it.
  pipeline(bytes, unpacked, () => undefined);
  return unpacked;
}

function parseRow<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message, ...issue }) => {
    const isMissing = issue.code === 'invalid_type' && message.endsWith('received undefined');
    const where = path.length === 0 ? '' : `${path.join('.')}: `;
    return `${where}${isMissing ? 'is required' : message.charAt(0).toLowerCase() + message.slice(1)}`;
  });
  throw usageError(faults.join('; '));
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && ('syscall' in error || isGzipError(error));
}

function isGzipError({ code }: { readonly code: unknown }): boolean {
  return String(code).startsWith('Z_');
}

function reasonOf({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code?.startsWith('Z_') === true) return 'it is not what gzip made';
  return code === 'EISDIR' ? 'it is a folder' : (code ?? 'unknown reason');
}

/** How much goes into one batch. */
export interface BatchRoom {
  readonly rows: number;
  /** Of the rows as JSON, together; a row with more is alone. */
  readonly bytes: number;
}

/**
 * Rows in groups, so that a file of any length is worked through in bounded memory; one that is too long stands alone,
 * after those before it.
 */
export async function* inBatches<T>(
  rows: AsyncIterable<Row<T | LongRow>>,
  room: BatchRoom,
): AsyncGenerator<readonly Row<T>[] | LongRow> {
  let batch: Row<T>[] = [];
  let bytes = 0;
  for await (const { value, line } of rows) {
    const isLong = value instanceof LongRow;
    const more = isLong ? 0 : Buffer.byteLength(JSON.stringify(value));
    if (batch.length > 0 && (isLong || bytes + more > room.bytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    if (isLong) yield value;
    else batch.push({ value, line });
    bytes += more;
    if (batch.length < room.rows) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
