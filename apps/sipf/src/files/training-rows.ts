import {
  MEDIA_TYPES,
  readJsonLines,
  writeJsonLines,
  type ArtifactRef,
  type ArtifactStore,
} from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import type { RowKind, TrainingRow } from '@sipf/learning';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ObjectiveName } from '../options/training-options.ts';
import { usageError } from '../usage-error.ts';
import { openFile, readable } from './read-rows.ts';

const KINDS: Readonly<Record<ObjectiveName, RowKind>> = {
  supervised: 'supervised',
  orpo: 'preference',
  dpo: 'preference',
  rpo: 'preference',
  'process-reward': 'reward',
  'outcome-reward': 'reward',
};

/** The rows of a file that are right, and what is wrong with the others. */
interface CheckedRows {
  readonly rows: readonly TrainingRow[];
  readonly faults: number;
  /** `file:line: field: what is wrong with it`, or `file[index]: ...` in an array. */
  readonly firstFault: string | undefined;
}

/**
 * Reads a data set once: JSON lines or one JSON array, perhaps packed by gzip.
 * @throws SipfError `invalid-argument` where it cannot be read
 */
async function readTrainingRows(file: string, objective: ObjectiveName): Promise<CheckedRows> {
  // Loads the engine's packages, which few commands of this program need.
  const { parseTrainingRow } = await import('@sipf/learning');
  const faults: string[] = [];
  const onFault = ({ message }: SipfError) => faults.push(message);
  const parse = (value: unknown): TrainingRow => parseTrainingRow(KINDS[objective], value);
  const rows: TrainingRow[] = [];
  for await (const { value } of await valuesOf(file, { parse, onFault })) rows.push(value);
  return { rows, faults: faults.length, firstFault: faults[0] };
}

/**
 * Finds what is wrong with a data set before anything is started.
 * @returns the number of rows
 * @throws SipfError `invalid-argument` that names the first wrong row and its fields, and says how many are wrong
 */
export async function checkTrainingRows(file: string, objective: ObjectiveName): Promise<number> {
  const { rows, faults, firstFault } = await readTrainingRows(file, objective);
  if (firstFault !== undefined) {
    throw usageError(`${firstFault} (${faults} of ${faults + rows.length} rows wrong)`);
  }
  if (rows.length === 0) throw usageError(`${file} has no rows to train on`);
  return rows.length;
}

/** Puts a data set into a store as the services read it: JSON lines stay the bytes that they are. */
export async function putTrainingRows(store: ArtifactStore, file: string): Promise<ArtifactRef> {
  const isArray = await holdsArray(file);
  if (!isArray && !file.endsWith('.gz')) return await store.putFile(file, MEDIA_TYPES.jsonLines);
  const values = await valuesOf(file, { parse: (value) => value });
  return await store.putStream(writeJsonLines(onlyValues(values)), MEDIA_TYPES.jsonLines);
}

interface ReadValues<T> {
  readonly parse: (value: unknown) => T;
  readonly onFault?: (fault: SipfError) => void;
}

async function valuesOf<T>(
  file: string,
  how: ReadValues<T>,
): Promise<AsyncIterable<{ readonly value: T }> | Iterable<{ readonly value: T }>> {
  const name = basename(file);
  if (await holdsArray(file)) return arrayValues(await wholeArray(file), { name, ...how });
  return readable(file, readJsonLines(openFile(file) as AsyncIterable<Uint8Array>, { name, ...how }));
}

/** As JSON lines are read. */
function* arrayValues<T>(
  values: readonly unknown[],
  { name, parse, onFault }: ReadValues<T> & { readonly name: string },
): Generator<{ readonly value: T }> {
  for (const [index, value] of values.entries()) {
    try {
      yield { value: parse(value) };
    } catch (cause) {
      if (!(cause instanceof SipfError)) throw cause;
      const fault = usageError(`${name}[${index}]: ${cause.message}`, { cause });
      if (onFault === undefined) throw fault;
      onFault(fault);
    }
  }
}

/** Whether the first character that is not white space begins a list. */
async function holdsArray(file: string): Promise<boolean> {
  const decoder = new TextDecoder();
  for await (const chunk of readable(file, openFile(file) as AsyncIterable<Uint8Array>)) {
    const start = decoder.decode(chunk, { stream: true }).trimStart();
    if (start !== '') return start.startsWith('[');
  }
  return false;
}

async function wholeArray(file: string): Promise<unknown[]> {
  const json = await text(readable(file, openFile(file) as AsyncIterable<Uint8Array>));
  try {
    return JSON.parse(json.replace(/^\uFEFF/, '')) as unknown[];
  } catch (cause) {
    throw usageError(`${basename(file)}: is not a JSON array: ${(cause as Error).message}`, { cause });
  }
}

async function* onlyValues(
  rows: AsyncIterable<{ readonly value: unknown }> | Iterable<{ readonly value: unknown }>,
): AsyncGenerator {
  for await (const { value } of rows) yield value;
}
