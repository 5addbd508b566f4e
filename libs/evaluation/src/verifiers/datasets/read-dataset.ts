import { SipfError } from '@sipf/errors';
import type { LabelledPath } from '../labelled-path.ts';
import { DatasetFault, type DatasetFormat } from './dataset-format.ts';
import { mathShepherdFormat } from './math-shepherd.ts';
import { prm800kFormat } from './prm800k.ts';
import { processBenchFormat } from './process-bench.ts';
import { stepwiseFormat } from './stepwise.ts';

/** Every kind of file that can be read. */
const FORMATS: readonly DatasetFormat[] = [
  stepwiseFormat,
  processBenchFormat,
  mathShepherdFormat,
  prm800kFormat,
];

/**
 * The labelled paths of a file's text: JSON lines, or one JSON array. The fields of each row identify its format.
 * @param name of the file, for errors
 * @throws SipfError invalid-argument DATASET_INVALID that names `file:line` (`file[index]` in an array) and the field
 */
export function readDataset(text: string, name: string): LabelledPath[] {
  const rows = text.trimStart().startsWith('[') ? arrayRows(text, name) : lineRows(text, name);
  const paths: LabelledPath[] = [];
  for (const { location, value } of rows) paths.push(...readRow(location, value));
  if (paths.length > 0) return paths;
  throw invalid(name, 'has no rows');
}

interface PlacedRow {
  readonly location: string;
  readonly value: unknown;
}

function* lineRows(text: string, name: string): Generator<PlacedRow> {
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const location = `${name}:${index + 1}`;
    if (line.trim() !== '') yield { location, value: parseJson(line, location) };
  }
}

function arrayRows(text: string, name: string): PlacedRow[] {
  const values = parseJson(text, name) as unknown[];
  return values.map((value, index) => ({ location: `${name}[${index}]`, value }));
}

function parseJson(text: string, location: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(location, 'is not JSON');
  }
}

function readRow(location: string, value: unknown): readonly LabelledPath[] {
  try {
    return formatOf(value).read(value);
  } catch (cause) {
    if (cause instanceof DatasetFault) throw invalid(location, cause.message);
    throw cause;
  }
}

function formatOf(value: unknown): DatasetFormat {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const format = isObject ? FORMATS.find(({ owns }) => owns(value as Record<string, unknown>)) : undefined;
  if (format !== undefined) return format;
  throw new DatasetFault(`is not a row of a known format (${FORMATS.map(({ name }) => name).join(', ')})`);
}

function invalid(field: string, description: string): SipfError {
  return new SipfError('invalid-argument', `${field}: ${description}`, {
    reason: 'DATASET_INVALID',
    violations: [{ field, description }],
  });
}
