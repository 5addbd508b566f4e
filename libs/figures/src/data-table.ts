import { csv, type Cell } from './csv.ts';
import { escapeMarkup } from './escape-markup.ts';
import { percent, points } from './format-share.ts';
import { markdownTable } from './markdown-table.ts';

/** How a column's numbers are read. */
export type CellFormat = 'text' | 'count' | 'percent' | 'points' | 'number' | 'seconds';

export interface Column {
  /** Its name in CSV and JSON, snake_case. */
  readonly key: string;
  /** Its name for people. */
  readonly title: string;
  /** @default 'text' */
  readonly format?: CellFormat;
}

/** A table of values, before it is put into a format. */
export interface DataTable {
  /** Names its file, e.g. `accuracy`. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** What a reader must know beside it. */
  readonly note?: string;
}

/** A cell for people; `-` for no value. */
export function formatCell(cell: Cell, format: CellFormat = 'text'): string {
  if (cell === undefined || cell === '') return '-';
  if (typeof cell === 'string') return cell;
  if (!Number.isFinite(cell)) return '-';
  return formats[format](cell);
}

const formats: Readonly<Record<CellFormat, (value: number) => string>> = {
  text: String,
  count: (value) => String(value).replaceAll(/\B(?=(\d{3})+(?!\d))/g, '\u202f'),
  percent,
  points,
  number: (value) => {
    const isTiny = value !== 0 && Math.abs(value) < 0.001;
    return isTiny ? value.toExponential(1) : String(Number(value.toPrecision(4)));
  },
  seconds: (value) => formatSeconds(value),
};

/** `4.2 s`, `3 min 05 s`, `2 h 07 min`. */
function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

export function dataTableMarkdown({ columns, rows }: DataTable): string {
  const head = columns.map(({ title }) => title);
  return markdownTable(
    head,
    rows.map((row) => columns.map(({ format }, at) => formatCell(row[at], format))),
  );
}

/** As `csv`; the first line names the columns. */
export function dataTableCsv({ columns, rows }: DataTable): string {
  return csv([columns.map(({ key }) => key), ...rows.map((row) => columns.map((_, at) => row[at]))]);
}

/** Rows as objects by the columns' keys; an empty cell is null. */
export function dataTableRecords({ columns, rows }: DataTable): Record<string, string | number | null>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ key }, at) => [key, row[at] ?? null])));
}

/** Texts up to this length have the class `short`, which a page keeps from being broken. */
const LONGEST_SHORT = 24;

/** A `<table>`; numbers have the class `number`. */
export function dataTableHtml({ columns, rows }: DataTable): string {
  const classOf = ({ format = 'text' }: Column): string => (format === 'text' ? '' : ' class="number"');
  const head = columns.map(
    (column) => `<th scope="col"${classOf(column)}>${escapeMarkup(column.title)}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map((column, at) => {
      const content = escapeMarkup(formatCell(row[at], column.format));
      if (at === 0) return `<th scope="row">${content}</th>`;
      const isShort = column.format === undefined && content.length <= LONGEST_SHORT;
      return `<td${isShort ? ' class="short"' : classOf(column)}>${content}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table>`;
}
