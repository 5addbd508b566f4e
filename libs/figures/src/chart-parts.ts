import { escapeMarkup } from './escape-markup.ts';
import { chartStyle, strokeOf } from './palette.ts';

/** Sizes that every chart shares, in SVG's units. */
const WIDTH = 480;
export const PLOT = { left: 56, right: 464, top: 40, bottom: 304 } as const;
const LEGEND_TOP = 354;
const LEGEND_LINE = 18;
const LETTER = 6.6;

/** An entry of a legend. */
export interface LegendEntry {
  readonly name: string;
  readonly series: number;
  readonly isDashed: boolean;
}

/** A complete SVG document around the parts of a chart; `height` follows from its legend. */
export function chartDocument(
  title: string,
  parts: readonly string[],
  legend: readonly LegendEntry[],
): string {
  const placed = placeLegend(legend);
  const height = LEGEND_TOP + 6 + LEGEND_LINE * Math.max(0, placed.rows - 1);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${WIDTH} ${height}" ` +
      `role="img" aria-label="${escapeMarkup(title)}" font-family="sans-serif" font-size="12">`,
    chartStyle,
    `<rect class="ground" width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text({ x: WIDTH / 2, y: 24 }, title, 'text-anchor="middle" font-size="14"'),
    ...parts,
    ...placed.entries,
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

/** As many columns as the longest name leaves room for. */
function placeLegend(legend: readonly LegendEntry[]): { readonly entries: string[]; readonly rows: number } {
  const longest = Math.max(0, ...legend.map(({ name }) => name.length));
  const width = Math.max(104, 30 + LETTER * longest);
  const columns = Math.max(1, Math.floor((PLOT.right - PLOT.left) / width));
  const entries = legend.map((entry, index) => {
    const x = PLOT.left + 8 + width * (index % columns);
    const y = LEGEND_TOP + LEGEND_LINE * Math.floor(index / columns);
    return legendEntry(entry, x, y);
  });
  return { entries, rows: Math.ceil(legend.length / columns) };
}

function legendEntry({ name, series, isDashed }: LegendEntry, x: number, y: number): string {
  const line =
    `<line x1="${fixed(x)}" x2="${fixed(x + 16)}" y1="${y - 4}" ` +
    `y2="${y - 4}" ${strokeOf(series)} stroke-width="2"${dash(isDashed)}/>`;
  return line + text({ x: x + 20, y }, name);
}

/** Attribute of a dashed line; nothing for a drawn one. */
export function dash(isDashed: boolean): string {
  return isDashed ? ' stroke-dasharray="4 4"' : '';
}

export function text(
  { x, y }: { readonly x: number; readonly y: number },
  content: string,
  attributes = '',
): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escapeMarkup(content)}</text>`;
}

/** A coordinate with one decimal. */
export function fixed(value: number): string {
  return value.toFixed(1);
}

/** A tick's label: no more digits than it has, thousands as k. */
export function tickLabel(value: number): string {
  return Math.abs(value) >= 10_000 ? `${Number((value / 1000).toPrecision(4))}k` : String(value);
}
