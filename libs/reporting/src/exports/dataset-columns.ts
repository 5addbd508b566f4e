import { SipfError } from '@sipf/errors';

/** What a column of an exported dataset holds. */
export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'texts' | 'numbers' | 'booleans';

/** A column, all values of one type; undefined where a row has none, null where a list lacks an entry. */
export interface DatasetColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly values: readonly unknown[];
}

/**
 * Rows as columns, in the order in which fields first occur.
 * @throws SipfError `invalid-argument` COLUMN_MIXED for a field whose values have no common type
 */
export function datasetColumns(rows: readonly Readonly<Record<string, unknown>>[]): DatasetColumn[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return names.map((name) => {
    const values = rows.map((row) => row[name] ?? undefined);
    return { name, type: columnType(name, values), values };
  });
}

function columnType(name: string, values: readonly unknown[]): ColumnType {
  const known = values.filter((value) => value !== undefined);
  if (known.length > 0 && known.every(Array.isArray)) {
    const inner = scalarType(
      name,
      known.flat().filter((value) => value !== null),
    );
    return inner === 'text' ? 'texts' : inner === 'boolean' ? 'booleans' : 'numbers';
  }
  return scalarType(name, known);
}

function scalarType(name: string, values: readonly unknown[]): 'text' | 'integer' | 'number' | 'boolean' {
  const types = new Set(values.map((value) => typeof value));
  // A column that is empty in all rows may have any type.
  const [type = 'string'] = types;
  if (types.size > 1 || !['string', 'number', 'boolean'].includes(type)) {
    throw new SipfError('invalid-argument', `the values of ${name} have no common type`, {
      reason: 'COLUMN_MIXED',
    });
  }
  if (type === 'number') return values.every(Number.isSafeInteger) ? 'integer' : 'number';
  return type === 'string' ? 'text' : 'boolean';
}
