import { SipfError, type FieldViolation } from '@sipf/errors';

/** Kinds of faults listed in one error. */
const maxViolations = 10;

/** A line's JSON object. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Reads a dataset of a JSON object a line; blank lines are skipped.
 * @param parseRow the problems of a line, or what is wrong with it; `defaultId` is the file's name and the line's number
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, with the first `file:line` of up to ten kinds of faults, and
 * how many lines have each
 */
export function parseDataset<P extends { readonly id: string }>(
  text: string,
  sourceName: string,
  parseRow: (row: Row, defaultId: string) => readonly P[] | string,
): P[] {
  const faults: FieldViolation[] = [];
  const problems: P[] = [];
  const ids = new Map<string, number>();
  for (const [index, line] of linesOf(text).entries()) {
    if (line.trim() === '') continue;
    const found = parseLine(line, (row) => parseRow(row, `${stem(sourceName)}/${index + 1}`));
    const fault = typeof found === 'string' ? found : duplicateFault(found, index + 1, ids);
    if (fault !== undefined) faults.push({ field: `${sourceName}:${index + 1}`, description: fault });
    else if (typeof found !== 'string') problems.push(...found);
  }
  if (problems.length === 0 && faults.length === 0) {
    faults.push({ field: `${sourceName}:1`, description: 'the dataset holds no problem' });
  }
  if (faults.length > 0) throw datasetError(eachOnce(faults));
  return problems;
}

/** Each fault at its first line, with how many more lines have it. */
function eachOnce(faults: readonly FieldViolation[]): FieldViolation[] {
  const alike = [...Map.groupBy(faults, ({ description }) => description).values()];
  return alike.slice(0, maxViolations).flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    if (others.length === 0) return [first];
    const more = others.length === 1 ? '1 more line' : `${others.length} more lines`;
    return [{ field: first.field, description: `${first.description} (and so in ${more})` }];
  });
}

/** What is wrong with a field that must hold a text; undefined when nothing is. */
export function textFault(field: string, value: unknown): string | undefined {
  if (value === undefined) return `${field} is missing`;
  if (typeof value !== 'string')
    return `${field} must be a string, got ${value === null ? 'null' : typeof value}`;
  return value.trim() === '' ? `${field} is empty` : undefined;
}

/** What is wrong with a field that must be a list of texts, none of them empty; undefined when nothing is. */
export function textsFault(field: string, value: unknown): string | undefined {
  if (value === undefined) return `${field} is missing`;
  if (!Array.isArray(value) || value.length === 0) return `${field} must be a list that is not empty`;
  return value
    .map((item, index) => textFault(`${field}[${index}]`, item))
    .find((fault) => fault !== undefined);
}

function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, '').split('\n');
}

function parseLine<T>(line: string, parseRow: (row: Row) => T | string): T | string {
  const row = parseJson(line);
  if (row === undefined) return 'not JSON';
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'must be a JSON object';
  return parseRow(row as Row);
}

function duplicateFault(
  problems: readonly { readonly id: string }[],
  line: number,
  ids: Map<string, number>,
): string | undefined {
  for (const { id } of problems) {
    const first = ids.get(id);
    if (first !== undefined) return `id ${JSON.stringify(id)} is already that of line ${first}`;
    ids.set(id, line);
  }
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function stem(sourceName: string): string {
  return sourceName.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '');
}

function datasetError(violations: readonly FieldViolation[]): SipfError {
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  return new SipfError('invalid-argument', lines.join('; '), { reason: 'DATASET_INVALID', violations });
}
