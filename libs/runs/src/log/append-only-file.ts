import { createSumReader, hasLostLineBreak, summedLine, syncFolder, writeDurably } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { createReadStream, existsSync } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import pLimit from 'p-limit';
import type { z } from 'zod';
import { requireFile } from '../folder/require-file.ts';
import type { Lease } from '../lease/lease.ts';

const NEWLINE = 10;

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

/** What is asked of the lease that a file is written under. */
export type Fence = Pick<Lease, 'isContested' | 'check' | 'checkNow'>;

/** What a line says, or what is wrong with it. */
type ReadLine<T> = { readonly value: T } | { readonly why: string };

/** What the lines of a file must be, and what people may do where they are not. */
export interface LineRules<T> {
  /** E.g. that the file may be deleted, because all of it is computed again. */
  readonly remedy: string;
  /** Reads a line's JSON value, without its checksum, by what it is and its number from 0. */
  readonly read: (value: unknown, index: number) => ReadLine<T>;
  /**
   * The file's lines, objects all of them, are written and read with a checksum, see `summedLine`: says whether a line may be
   * the first with one after others without. @default none is written, and none is known
   */
  readonly beginsSums?: (line: string) => boolean;
}

/** Reads lines by a schema; `what` names what they should be, e.g. `an entry of a log`. */
export function readBy<T>(schema: z.ZodType<T>, what: string): LineRules<T>['read'] {
  return (value) => {
    const found = schema.safeParse(value);
    if (found.success) return { value: found.data };
    const [first] = found.error.issues;
    return { why: `not ${what}: ${`${first?.path.join('.') ?? ''} ${first?.message ?? ''}`.trim()}` };
  };
}

/**
 * @param lease what a file of several possible writers is written under. @default none
 * @throws SipfError `data-loss` LOG_CORRUPT when a line other than a torn last one is not JSON, or not what the rules want
 */
export async function openAppendOnlyFile<T>(
  path: string,
  rules: LineRules<T>,
  lease?: Fence,
): Promise<AppendOnlyFile<T>> {
  requireFile(path, rules.remedy);
  if (lease?.isContested === true && existsSync(path)) await replaceFile(path, lease);
  const file = await open(path, 'a+');
  try {
    const { values, validBytes, damage } = parse(await file.readFile(), path, rules);
    if (damage !== undefined) throw damage;
    await lease?.check();
    await file.truncate(validBytes);
    if (values.length === 0) await syncFolder(dirname(path));
    const hasSums = rules.beginsSums !== undefined;
    return new Appender(file, values, { end: validBytes, hasSums, lease });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What a file holds while another process may be writing to it; empty where there is none. @throws as openAppendOnlyFile */
export async function readAppendOnlyFile<T>(path: string, rules: LineRules<T>): Promise<readonly T[]> {
  const { values, damage } = await readWholeLines(path, rules);
  if (damage !== undefined) throw damage;
  return values;
}

/** The values before the first damaged line, and what is wrong with that. @throws SipfError LOG_CORRUPT for what is not a file */
export async function readWholeLines<T>(
  path: string,
  rules: LineRules<T>,
): Promise<{ readonly values: readonly T[]; readonly damage: SipfError | undefined }> {
  requireFile(path, rules.remedy);
  try {
    return parse(await readFile(path), path, rules);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { values: [], damage: undefined };
    throw error;
  }
}

class Appender<T> implements AppendOnlyFile<T> {
  readonly recovered: readonly T[];
  readonly #file: FileHandle;
  readonly #lineOf: (json: string) => string;
  /** Bytes of what was acknowledged. */
  #end: number;
  readonly #inTurn = pLimit(1);
  readonly #lease: Fence | undefined;
  /** Why no more can be written: the file's end is unknown. */
  #lost: { readonly cause: unknown } | undefined;

  constructor(
    file: FileHandle,
    recovered: readonly T[],
    {
      end,
      hasSums,
      lease,
    }: { readonly end: number; readonly hasSums: boolean; readonly lease: Fence | undefined },
  ) {
    this.#lease = lease;
    this.#file = file;
    this.recovered = recovered;
    this.#end = end;
    this.#lineOf = hasSums ? summedLine : (json) => json;
  }

  append(...values: readonly T[]): Promise<void> {
    const lines = Buffer.from(values.map((value) => `${this.#lineOf(JSON.stringify(value))}\n`).join(''));
    return this.#inTurn(() => this.#write(lines));
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#file.close());
  }

  async #write(lines: Uint8Array): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost.cause;
    await this.#lease?.check();
    try {
      await this.#file.appendFile(lines);
      await this.#file.datasync();
    } catch (error) {
      // What somebody else has taken over is not ours to cut.
      await this.#lease?.check();
      await this.#file.truncate(this.#end).catch((cause: unknown) => (this.#lost = { cause }));
      throw error;
    }
    this.#end += lines.byteLength;
    // Who took it over meanwhile may have read the file before these lines were in it.
    await this.#lease?.check();
  }
}

/** Gives a file's name to a copy: who has the old one open writes where nobody reads. */
async function replaceFile(path: string, lease: Fence): Promise<void> {
  const fill = (copy: FileHandle): Promise<void> => copy.writeFile(createReadStream(path));
  await writeDurably(path, fill, () => lease.check());
}

interface Parsed<T> {
  /** Up to the first damaged line. */
  readonly values: T[];
  readonly validBytes: number;
  readonly damage: SipfError | undefined;
}

function parse<T>(bytes: Buffer, path: string, rules: LineRules<T>): Parsed<T> {
  const validBytes = bytes.lastIndexOf(NEWLINE) + 1;
  const values: T[] = [];
  const read = createLineReader(rules);
  const damagedBy = (why: string): Parsed<T> => {
    return { values, validBytes, damage: damaged(path, values.length + 1, why, rules.remedy) };
  };
  for (let start = 0; start < validBytes;) {
    const end = bytes.indexOf(NEWLINE, start);
    const line = read(bytes.subarray(start, end), values.length);
    if ('why' in line) return damagedBy(line.why);
    values.push(line.value);
    start = end + 1;
  }
  const isCut = rules.beginsSums !== undefined && hasLostLineBreak(bytes.toString('latin1', validBytes));
  return isCut ? damagedBy('it does not end in a line break') : { values, validBytes, damage: undefined };
}

/** Reads the lines of one file in their order. */
function createLineReader<T>({
  read,
  beginsSums,
}: LineRules<T>): (bytes: Uint8Array, index: number) => ReadLine<T> {
  const sums = beginsSums && createSumReader(beginsSums);
  return (bytes, index) => {
    const line = parseLine(bytes);
    if ('why' in line) return line;
    const why = sums?.faultOf(line.text);
    if (why !== undefined) return { why };
    return read(sums === undefined ? line.value : withoutSum(line.value), index);
  };
}

function withoutSum(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'crc32'));
}

/** Bytes that are not UTF-8 are not text of ours: JSON would have them in its strings all the same. */
function parseLine(
  bytes: Uint8Array,
): { readonly text: string; readonly value: unknown } | { readonly why: string } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, value: JSON.parse(text) as unknown };
  } catch {
    return { why: bytes.every((byte) => byte === 0) ? 'nothing but zeros' : 'not JSON' };
  }
}

/** An error for a line, counted from 1, that is not what was written. */
export function damaged(path: string, line: number, why: string, remedy: string): SipfError {
  const name = path.split('/').slice(-2).join('/');
  const field = `${name}:${line}`;
  return new SipfError('data-loss', `${field} is damaged (${why}): ${remedy}`, {
    reason: 'LOG_CORRUPT',
    violations: [{ field, description: why }],
  });
}
