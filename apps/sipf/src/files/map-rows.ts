import type { z } from 'zod';
import type { Terminal } from '../terminal.ts';
import { waitForService } from '../wait-for-service.ts';
import { inBatches, LongRow, readRows, readRowsAndLong, type Row } from './read-rows.ts';
import { openRowWriter } from './write-rows.ts';

/** How a file of rows becomes another. */
export interface MapRowsOptions<T> {
  readonly input: string;
  readonly output: string;
  readonly schema: z.ZodType<T>;
  /** Rows worked on at once. */
  readonly batch: number;
  /** Bytes of them, as JSON. @default 64 MiB */
  readonly batchBytes?: number;
  /** The row of the result for a row that is too long to be read. @default such a row is thrown */
  readonly ofLongRow?: (row: LongRow) => unknown;
}

const BATCH_BYTES = 64 * 1024 * 1024;

/** Turns some rows into rows of the result, in their order. */
export type MapBatch<T> = (rows: readonly Row<T>[]) => Promise<readonly unknown[]>;

/**
 * Maps a JSONL file to another, batch by batch. The whole work happens inside `within`, which is entered only once the
 * first row has been read and the result's file can be written: nothing is started for files that are wrong at once. A batch
 * whose service is away is repeated.
 */
export async function mapRows<T>(
  { input, output, schema, batch, batchBytes = BATCH_BYTES, ofLongRow }: MapRowsOptions<T>,
  { stdin, stdout, signal, screen }: Pick<Terminal, 'stdin' | 'stdout' | 'signal' | 'screen'>,
  within: (work: (map: MapBatch<T>) => Promise<void>) => Promise<void>,
): Promise<void> {
  const rows: AsyncGenerator<Row<T | LongRow>> =
    ofLongRow === undefined ? readRows(input, { schema, stdin }) : readRowsAndLong(input, { schema, stdin });
  const first = await rows.next();
  const writer = await openRowWriter(output, stdout);
  try {
    if (first.done !== true) {
      const room = { rows: batch, bytes: batchBytes };
      await within(async (map) => {
        for await (const some of inBatches(startingWith(first.value, rows), room)) {
          const results =
            some instanceof LongRow
              ? [ofLongRow?.(some)]
              : await waitForService(signal, { screen }, () => map(some));
          for (const row of results) await writer.write(row);
        }
      });
    }
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}
