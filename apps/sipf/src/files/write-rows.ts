import { once } from 'node:events';
import { open, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { usageError } from '../usage-error.ts';

/** Where the rows of a result go. */
export interface RowWriter {
  write(row: unknown): Promise<void>;
  /** The file appears under its name, complete. */
  finish(): Promise<void>;
  /** Leaves no file. */
  abandon(): Promise<void>;
}

/**
 * Writes JSONL to a file, or to standard output for `-`. A file appears only when it is complete.
 * @throws SipfError `invalid-argument` when the file cannot be made
 */
export async function openRowWriter(file: string, stdout: Writable): Promise<RowWriter> {
  if (file === '-') {
    const nothing = (): Promise<void> => Promise.resolve();
    return { write: (row) => writeTo(stdout, row), finish: nothing, abandon: nothing };
  }
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'wx').catch((cause: unknown) => {
    const code = String((cause as NodeJS.ErrnoException).code);
    throw usageError(`cannot write ${file} (${code})`, { cause });
  });
  return {
    write: (row) => handle.appendFile(`${JSON.stringify(row)}\n`),
    finish: async () => {
      await handle.close();
      await rename(temporary, file);
    },
    abandon: async () => {
      await handle.close();
      await rm(temporary, { force: true });
    },
  };
}

/** Waits while the reader is slower. */
async function writeTo(stream: Writable, row: unknown): Promise<void> {
  if (!stream.write(`${JSON.stringify(row)}\n`)) await once(stream, 'drain');
}
