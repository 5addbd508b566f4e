import { chartDocument, fixed, PLOT, text } from './chart-parts.ts';
import { fillOf, strokeOf } from './palette.ts';

/** Horizontal bars that are divided into shares of a whole. */
export interface StackedBars {
  readonly title: string;
  /** Names of the parts, in the order of a bar's values. */
  readonly parts: readonly string[];
  readonly bars: readonly {
    readonly name: string;
    /** Counts, one a part; the bar's length is their sum, drawn as 100 %. */
    readonly values: readonly number[];
  }[];
}

const NAMES_END = 136;

/** The bars as a complete SVG document; a part shows its share if there is room. */
export function stackedBars({ title, parts, bars }: StackedBars): string {
  const height = (PLOT.bottom - PLOT.top) / Math.max(1, bars.length);
  const drawn = bars.flatMap(({ name, values }, index) => {
    const y = PLOT.top + index * height;
    const label = text({ x: NAMES_END - 8, y: y + height / 2 + 4 }, name, 'text-anchor="end"');
    return [label, ...divided(values, { y: y + height / 8, height: (height * 3) / 4 })];
  });
  return chartDocument(title, drawn, parts.map(legendOf));
}

function legendOf(name: string, series: number) {
  return { name, series, isDashed: false };
}

function divided(
  values: readonly number[],
  { y, height }: { readonly y: number; readonly height: number },
): string[] {
  const whole = values.reduce((sum, value) => sum + value, 0);
  if (whole === 0) return [text({ x: NAMES_END + 8, y: y + height / 2 + 4 }, 'none')];
  let x = NAMES_END;
  return values.flatMap((value, series) => {
    const width = ((PLOT.right - NAMES_END) * value) / whole;
    const area =
      `<rect x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" ` +
      `height="${fixed(height)}" ${fillOf(series)} fill-opacity="0.35"/>`;
    const edge =
      `<line x1="${fixed(x)}" x2="${fixed(x)}" y1="${fixed(y)}" ` +
      `y2="${fixed(y + height)}" ${strokeOf(series)} stroke-width="2"/>`;
    const share = text(
      { x: x + width / 2, y: y + height / 2 + 4 },
      `${((100 * value) / whole).toFixed(0)} %`,
      'text-anchor="middle"',
    );
    x += width;
    if (value === 0) return [];
    return width < 34 ? [area, edge] : [area, edge, share];
  });
}
