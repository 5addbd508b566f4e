import { datasetColumns, type ColumnType, type DatasetRow } from '@sipf/reporting';
import { parquetWriteBuffer } from 'hyparquet-writer';

type SchemaElement = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>[number];
type ElementType = Pick<SchemaElement, 'type' | 'converted_type'>;

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const NUMBER = { type: 'DOUBLE' } as const;
const BOOLEAN = { type: 'BOOLEAN' } as const;
const ELEMENTS: Readonly<Record<ColumnType, ElementType>> = {
  text: TEXT,
  texts: TEXT,
  integer: { type: 'INT64' },
  number: NUMBER,
  numbers: NUMBER,
  boolean: BOOLEAN,
  booleans: BOOLEAN,
};

/** Rows as a Parquet file; lists are lists, not JSON. @throws SipfError COLUMN_MIXED */
export function parquetFile(rows: readonly DatasetRow[]): Uint8Array {
  const columns = datasetColumns(rows);
  const schema = columns.flatMap(({ name, type }) =>
    type.endsWith('s')
      ? listElement(name, type)
      : [{ name, repetition_type: 'OPTIONAL', ...ELEMENTS[type] } as const],
  );
  const columnData = columns.map(({ name, type, values }) => ({
    name,
    data:
      type === 'integer'
        ? values.map((value) => (typeof value === 'number' ? BigInt(value) : value))
        : [...values],
  }));
  const root = { name: 'root', num_children: columns.length };
  return new Uint8Array(parquetWriteBuffer({ schema: [root, ...schema], columnData, createdBy: 'sipf' }));
}

/** The three levels of a list, as the format wants them. */
function listElement(name: string, type: ColumnType): SchemaElement[] {
  return [
    {
      ...{ name, repetition_type: 'OPTIONAL', num_children: 1 },
      ...{ converted_type: 'LIST', logical_type: { type: 'LIST' } },
    },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'OPTIONAL', ...ELEMENTS[type] },
  ];
}
