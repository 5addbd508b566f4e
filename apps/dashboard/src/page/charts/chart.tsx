import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { short } from '../data/format.ts';

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** As many as the chart has x values. */
  readonly mean: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** The lines of a chart over common x values. */
export interface ChartData {
  readonly title: string;
  readonly x: readonly number[];
  readonly lines: readonly Line[];
}

const HEIGHT_PX = 200;
/** Dashes distinguish lines without colour. */
const STROKES = [
  { light: '#1f5fbf', dark: '#8ab8f5', dash: [] },
  { light: '#b3541e', dark: '#f0a878', dash: [6, 4] },
  { light: '#1a6b3c', dark: '#7fd0a0', dash: [2, 3] },
  { light: '#7a3b9a', dark: '#cfa3e6', dash: [10, 3, 2, 3] },
] as const;

/** Curves over steps; the legend shows the values at the pointer, a text below the last values. */
export function Chart({ title, x, lines }: ChartData) {
  const container = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const shape = lines.map(({ name, low }) => `${name}/${low.length > 0 ? 'band' : 'line'}`).join();
  useEffect(() => {
    const { current } = container;
    if (current === null) return undefined;
    const made = new uPlot(optionsOf(lines, current.clientWidth), columnsOf(x, lines), current);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: current.clientWidth, height: HEIGHT_PX });
    });
    observer.observe(current);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(columnsOf(x, lines));
  }, [x, lines]);
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div ref={container} />
      <p class="quiet">{summary(x, lines)}</p>
    </figure>
  );
}

/** The last value of every line; overlaid lines end at different steps. */
function summary(x: readonly number[], lines: readonly Line[]): string {
  const ends = lines.map(({ name, mean }) => {
    const at = mean.findLastIndex((value) => value !== null);
    const value = mean[at] ?? null;
    return value === null ? `${name} has no values` : `${name} ${short(value)} at step ${x[at] ?? 0}`;
  });
  return ends.join(', ');
}

/** x, then one column per line, and two more for its band. */
function columnsOf(x: readonly number[], lines: readonly Line[]): uPlot.AlignedData {
  const columns = lines.flatMap(({ mean, low, high }) => (low.length > 0 ? [mean, high, low] : [mean]));
  return [[...x], ...columns.map((column) => [...column])];
}

function optionsOf(lines: readonly Line[], width: number): uPlot.Options {
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const axis = { stroke: isDark ? '#a7abb3' : '#5a5d63', ...linesIn(isDark ? '#3a3e45' : '#e4e4df') };
  const series: uPlot.Series[] = [{ label: 'step' }];
  const bands: uPlot.Band[] = [];
  for (const [index, { name, low }] of lines.entries()) {
    const { light, dark, dash } = STROKES[index % STROKES.length] ?? STROKES[0];
    const stroke = isDark ? dark : light;
    series.push({ label: name, stroke, width: 1.5, dash: [...dash], points: { show: false } });
    if (low.length === 0) continue;
    const at = series.length;
    const edge = { stroke: 'transparent', points: { show: false } };
    series.push({ ...edge, label: `${name}, most` }, { ...edge, label: `${name}, least` });
    bands.push({ series: [at, at + 1], fill: `${stroke}2a` });
  }
  return {
    width,
    height: HEIGHT_PX,
    series,
    bands,
    axes: [axis, { ...axis, size: 60 }],
    scales: { x: { time: false } },
  };
}

function linesIn(stroke: string) {
  return { grid: { stroke, width: 1 }, ticks: { stroke, width: 1 } };
}
