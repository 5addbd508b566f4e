import { chartDocument, dash, fixed, PLOT, text, tickLabel } from './chart-parts.ts';
import { fillOf, strokeOf } from './palette.ts';

/** A point of a line, perhaps with the ends of its interval. */
interface ChartPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** One line of a chart. */
export interface ChartLine {
  readonly name: string;
  readonly points: readonly ChartPoint[];
  /** Drawn dashed and without marks, as something to compare with. @default false */
  readonly isReference?: boolean;
  /** Dashed, as the other half of the line whose `series` it shares. @default false */
  readonly isDashed?: boolean;
  /** Number of its colour. @default its index among the lines */
  readonly series?: number;
}

/** A chart of lines. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Values at which the x axis is marked, ascending, at least two; the first and the last bound it. */
  readonly xTicks: readonly number[];
  /** Values at which the y axis is marked, as those of x. @default 0 to 1 in fifths */
  readonly yTicks?: readonly number[];
  /** Whether ticks of x are drawn equally far apart whatever their values. @default false */
  readonly isOrdinal?: boolean;
  readonly lines: readonly ChartLine[];
}

const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1];
/** More points than this are a curve, and get no marks. */
const MOST_MARKS = 16;

/** A chart as a complete SVG document. */
export function lineChart(chart: Chart): string {
  const project = projectionOf(chart);
  const lines = chart.lines.map((line, index) => ({ ...line, series: line.series ?? index }));
  const parts = [
    text({ x: (PLOT.left + PLOT.right) / 2, y: 338 }, chart.xLabel, 'text-anchor="middle"'),
    text({ x: 13, y: 172 }, chart.yLabel, 'text-anchor="middle" transform="rotate(-90 13 172)"'),
    ...axes(chart, project),
    ...lines.map((line) => drawn(line, project)),
  ];
  const legend = lines.map(({ name, series, isReference = false, isDashed = false }) => ({
    name,
    series,
    isDashed: isReference || isDashed,
  }));
  return chartDocument(chart.title, parts, legend);
}

type Projection = (point: { readonly x: number; readonly y: number }) => {
  readonly x: number;
  readonly y: number;
};

function projectionOf({ xTicks, yTicks = SHARES, isOrdinal = false }: Chart): Projection {
  const [left = 0, right = 1] = [xTicks[0], xTicks.at(-1)];
  const [bottom = 0, top = 1] = [yTicks[0], yTicks.at(-1)];
  const across = (x: number): number =>
    isOrdinal ? xTicks.indexOf(x) / (xTicks.length - 1) : (x - left) / (right - left);
  return ({ x, y }) => ({
    x: PLOT.left + across(x) * (PLOT.right - PLOT.left),
    y: PLOT.bottom - ((y - bottom) / (top - bottom)) * (PLOT.bottom - PLOT.top),
  });
}

function axes({ xTicks, yTicks = SHARES }: Chart, project: Projection): string[] {
  const across = yTicks.flatMap((tick) => {
    const { y } = project({ x: xTicks[0] ?? 0, y: tick });
    const line = `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${fixed(y)}" y2="${fixed(y)}" stroke="#ddd"/>`;
    return [line, text({ x: PLOT.left - 8, y: y + 4 }, tickLabel(tick), 'text-anchor="end"')];
  });
  const down = xTicks.map((tick) =>
    text({ x: project({ x: tick, y: 0 }).x, y: 320 }, tickLabel(tick), 'text-anchor="middle"'),
  );
  return [...across, ...down];
}

type DrawnLine = ChartLine & { readonly series: number };

function drawn(line: DrawnLine, project: Projection): string {
  const { points, series, isReference = false, isDashed = false } = line;
  const projected = points.map(project).map(({ x, y }) => ({ x: fixed(x), y: fixed(y) }));
  const path = projected.map(({ x, y }) => `${x},${y}`).join(' ');
  const curve = `<polyline points="${path}" fill="none" ${strokeOf(series)} stroke-width="2"${dash(isReference || isDashed)}/>`;
  const hasMarks = !isReference && points.length <= MOST_MARKS;
  const marks = hasMarks
    ? projected.map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="3" ${fillOf(series)}/>`)
    : [];
  return [curve, ...intervals(line, project), ...marks].join('\n');
}

function intervals({ points, series }: DrawnLine, project: Projection): string[] {
  return points.flatMap(({ x, low, high }) => {
    if (low === undefined || high === undefined) return [];
    const [from, to] = [project({ x, y: low }), project({ x, y: high })];
    return [
      `<line x1="${fixed(from.x)}" x2="${fixed(to.x)}" y1="${fixed(from.y)}" ` +
        `y2="${fixed(to.y)}" ${strokeOf(series)} stroke-opacity="0.6"/>`,
    ];
  });
}
