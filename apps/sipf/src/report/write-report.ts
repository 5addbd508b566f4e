import { dataTableCsv } from '@sipf/figures';
import { figuresOf, reportHtml, reportJson, reportMarkdown, tablesOf, type Report } from '@sipf/reporting';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a report: `report.html`, `.md`, `.json`, `tables/<id>.csv` and `figures/<name>.svg`. Every file is replaced whole.
 * @returns the page
 */
export async function writeReport(folder: string, report: Report): Promise<string> {
  const page = join(folder, 'report.html');
  const files = [
    ...tablesOf(report).map((table) => [`tables/${table.id}.csv`, dataTableCsv(table)] as const),
    ...figuresOf(report).map(({ name, svg }) => [`figures/${name}.svg`, svg] as const),
    ['report.json', reportJson(report)] as const,
    ['report.md', reportMarkdown(report)] as const,
    ['report.html', reportHtml(report)] as const,
  ];
  for (const [name, text] of files) await writeWhole(join(folder, name), text);
  return page;
}

/** Readers see the whole old text or the whole new one. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}
