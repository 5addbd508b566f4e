/** One line of a chart. */
export interface ChartLine {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Drawn dashed and without marks, as something to compare with. @default false */
  readonly isReference?: boolean;
}

/** A chart over 0 <= y <= 1. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Values at which the x axis is marked, ascending, at least two; the first and the last bound it. */
  readonly xTicks: readonly number[];
  /** Whether ticks are drawn equally far apart whatever their values. @default false */
  readonly isOrdinal?: boolean;
  readonly lines: readonly ChartLine[];
}

const WIDTH = 480;
const HEIGHT = 360;
const PLOT = { left: 56, right: 464, top: 40, bottom: 304 } as const;
const Y_TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];
/** Told apart by people who see few colours (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

/** A chart as a complete SVG document. */
export function lineChart(chart: Chart): string {
  const place = placing(chart);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(WIDTH / 2, 24, chart.title, 'text-anchor="middle" font-size="14"'),
    text((PLOT.left + PLOT.right) / 2, 338, chart.xLabel, 'text-anchor="middle"'),
    text(16, 172, chart.yLabel, 'text-anchor="middle" transform="rotate(-90 16 172)"'),
    ...axes(chart, place),
    ...chart.lines.map((line, index) => drawn(line, place, COLOURS[index % COLOURS.length] ?? '#000')),
    ...chart.lines.map((line, index) => legend(line, index)),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

type Place = (point: { readonly x: number; readonly y: number }) => {
  readonly x: number;
  readonly y: number;
};

function placing({ xTicks, isOrdinal = false }: Chart): Place {
  const [first = 0, last = 1] = [xTicks[0], xTicks.at(-1)];
  const share = (x: number): number =>
    isOrdinal ? xTicks.indexOf(x) / (xTicks.length - 1) : (x - first) / (last - first);
  return ({ x, y }) => ({
    x: PLOT.left + share(x) * (PLOT.right - PLOT.left),
    y: PLOT.bottom - y * (PLOT.bottom - PLOT.top),
  });
}

function axes({ xTicks }: Chart, place: Place): string[] {
  const across = Y_TICKS.flatMap((tick) => {
    const { y } = place({ x: xTicks[0] ?? 0, y: tick });
    const line = `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${fixed(y)}" y2="${fixed(y)}" stroke="#ddd"/>`;
    return [line, text(PLOT.left - 8, y + 4, String(tick), 'text-anchor="end"')];
  });
  const down = xTicks.map((tick) =>
    text(place({ x: tick, y: 0 }).x, 320, String(tick), 'text-anchor="middle"'),
  );
  return [...across, ...down];
}

function drawn({ points, isReference = false }: ChartLine, place: Place, colour: string): string {
  const placed = points.map(place).map(({ x, y }) => ({ x: fixed(x), y: fixed(y) }));
  const path = placed.map(({ x, y }) => `${x},${y}`).join(' ');
  const dash = isReference ? ' stroke-dasharray="4 4"' : '';
  const line = `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`;
  if (isReference) return line;
  return [line, ...placed.map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`)].join(
    '\n',
  );
}

function legend({ name, isReference = false }: ChartLine, index: number): string {
  const [x, y] = [PLOT.left + 8 + 104 * index, 354];
  const dash = isReference ? ' stroke-dasharray="4 4"' : '';
  const line = `<line x1="${x}" x2="${x + 16}" y1="${y - 4}" y2="${y - 4}" stroke="${COLOURS[index % COLOURS.length] ?? '#000'}" stroke-width="2"${dash}/>`;
  return line + text(x + 20, y, name);
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escaped(content)}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
