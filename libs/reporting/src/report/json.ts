import { dataTableRecords } from '@sipf/figures';
import { tablesOf, type Report } from './report.ts';

/** The report's numbers, unrounded: every table's rows by its id, and what is missing. */
export function reportJson(report: Report): string {
  const tables = tablesOf(report).map((table) => {
    const { id, title, note } = table;
    return [id, { title, ...(note === undefined ? {} : { note }), rows: dataTableRecords(table) }] as const;
  });
  const missing = report.sections.flatMap(({ id, blocks }) =>
    blocks.flatMap((block) =>
      block.kind === 'missing' ? [{ section: id, what: block.what, how: block.how }] : [],
    ),
  );
  const pairs = report.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'pair' ? [{ run: block.run, ...block.pair }] : [])),
  );
  const { title, summary } = report;
  return `${JSON.stringify({ title, summary, tables: Object.fromEntries(tables), missing, pairs }, null, 2)}\n`;
}
