import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { z } from 'zod';

/** Results on disk by key, so that an interrupted command need not come to them again. */
export interface RowJournal<T> {
  get(key: string): T | undefined;
  /** How many results an earlier attempt left. */
  readonly recovered: number;
  append(entries: readonly T[]): Promise<void>;
  close(): Promise<void>;
  /** Closes it and takes it away. */
  remove(): Promise<void>;
}

/** Opens a journal of JSON lines and reads what it holds; a torn last line, or one of another kind, is passed over. */
export async function openRowJournal<T extends { readonly key: string }>(
  path: string,
  schema: z.ZodType<T>,
): Promise<RowJournal<T>> {
  const file = await open(path, 'a+');
  const rows = await readEntries(path, schema);
  const recovered = rows.size;
  await endTornLine(file);
  return {
    recovered,
    get: (key) => rows.get(key),
    append: async (entries) => {
      await file.appendFile(entries.map((one) => `${JSON.stringify(one)}\n`).join(''));
    },
    close: () => file.close(),
    remove: async () => {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

async function readEntries<T extends { readonly key: string }>(
  path: string,
  schema: z.ZodType<T>,
): Promise<Map<string, T>> {
  const rows = new Map<string, T>();
  for await (const line of createInterface(createReadStream(path))) {
    const row = parseEntry(line, schema);
    if (row !== undefined) rows.set(row.key, row);
  }
  return rows;
}

/** So that the next entry does not continue half of another. */
async function endTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() !== '\n') await file.appendFile('\n');
}

function parseEntry<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
