/** A number in the column's unit (shares in [0, 1], seconds), a text, or undefined for no value. */
export type Cell = string | number | undefined;

/**
 * RFC 4180 with unrounded numbers; a cell without a finite value is empty.
 * @param lineEnd after every line; most programs also take a line feed alone. @default CR LF, as the RFC says
 */
export function csv(rows: readonly (readonly Cell[])[], lineEnd: '\r\n' | '\n' = '\r\n'): string {
  return rows.map((row) => `${row.map(csvField).join(',')}${lineEnd}`).join('');
}

function csvField(cell: Cell): string {
  if (cell === undefined || (typeof cell === 'number' && !Number.isFinite(cell))) return '';
  const plain = String(cell);
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
