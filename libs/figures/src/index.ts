export { csv, type Cell } from './csv.ts';
export { escapeMarkup } from './escape-markup.ts';
export {
  dataTableCsv,
  dataTableHtml,
  dataTableMarkdown,
  dataTableRecords,
  formatCell,
  type Column,
  type DataTable,
} from './data-table.ts';
export { percent, points } from './format-share.ts';
export { lineChart, type ChartLine } from './line-chart.ts';
export { markdownTable } from './markdown-table.ts';
export { stackedBars } from './stacked-bars.ts';
export { distinctTicks, ticksOver } from './ticks.ts';
