import { SipfError } from '@sipf/errors';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * JSON values, one a line, each on disk before `append` resolves. A process may be killed at any byte: a torn last
 * line is cut off when the file is opened again, so what is read back is exactly what was acknowledged, perhaps
 * followed by one entry whose acknowledgement was lost.
 */
export interface AppendOnlyFile<T> {
  /** What the file held when it was opened, in order. */
  readonly recovered: readonly T[];
  /**
   * Appends the values in one write and syncs; calls are done one after another. After a failed call the file is as it was
   * before it, where the file system allows that; else every later call fails.
   */
  append(...values: readonly T[]): Promise<void>;
  close(): Promise<void>;
}

/** @throws SipfError `data-loss` LOG_CORRUPT when a line other than a torn last one is not JSON */
export async function openAppendOnlyFile<T>(path: string): Promise<AppendOnlyFile<T>> {
  const file = await open(path, 'a+');
  try {
    const { values, validBytes } = parse(await file.readFile('utf8'), path);
    await file.truncate(validBytes);
    if (values.length === 0) await syncFolder(dirname(path));
    return new Appender(file, values as T[], validBytes);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What a file holds while another process may be writing to it; empty where there is none. */
export async function readAppendOnlyFile(path: string): Promise<readonly unknown[]> {
  try {
    return parse(await readFile(path, 'utf8'), path).values;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

class Appender<T> implements AppendOnlyFile<T> {
  readonly recovered: readonly T[];
  readonly #file: FileHandle;
  /** Bytes of what was acknowledged. */
  #end: number;
  /** Rejects once the file's end is unknown. */
  #last: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, recovered: readonly T[], end: number) {
    this.#file = file;
    this.recovered = recovered;
    this.#end = end;
  }

  append(...values: readonly T[]): Promise<void> {
    const lines = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    const written = this.#last.then(() => this.#write(lines));
    this.#last = written.catch(() => this.#file.truncate(this.#end));
    // Whoever appends next hears it; nobody may.
    this.#last.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#file.close();
  }

  async #write(lines: Uint8Array): Promise<void> {
    await this.#file.appendFile(lines);
    await this.#file.datasync();
    this.#end += lines.byteLength;
  }
}

/** A new file's name is on disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function parse(text: string, path: string): { values: unknown[]; validBytes: number } {
  const end = text.lastIndexOf('\n') + 1;
  const lines = text.slice(0, end).split('\n').slice(0, -1);
  const values = lines.map((line, index) => {
    try {
      return JSON.parse(line) as unknown;
    } catch (cause) {
      const name = path.split('/').slice(-2).join('/');
      throw new SipfError('data-loss', `${name}:${index + 1} is damaged`, { reason: 'LOG_CORRUPT', cause });
    }
  });
  return { values, validBytes: Buffer.byteLength(text.slice(0, end)) };
}
