/** Medians of a sweep. */
export interface Curve {
  readonly term: string;
  readonly values: readonly number[];
  readonly ms: readonly number[];
  readonly exponent: number;
}

const WIDTH = 360;
const HEIGHT = 260;
const MARGIN = 40;

/** One panel a curve, both axes logarithmic, as an SVG document. */
export function plotCurves(curves: readonly Curve[]): string {
  const panels = curves.map(
    (curve, index) => `<g transform="translate(${index * WIDTH} 0)">${panel(curve)}</g>`,
  );
  const size = `width="${WIDTH * curves.length}" height="${HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">${panels.join('')}</svg>\n`;
}

function panel({ term, values, ms, exponent }: Curve): string {
  const x = scale(values, MARGIN, WIDTH - MARGIN);
  const y = scale(ms, HEIGHT - MARGIN, MARGIN);
  const points = values.map((value, index) => ({ value, took: ms[index] as number }));
  const line = points.map(({ value, took }) => `${x(value)},${y(took)}`).join(' ');
  const marks = points.map(
    ({ value, took }) =>
      `<circle cx="${x(value)}" cy="${y(took)}" r="3"/>` +
      `<text x="${x(value)}" y="${HEIGHT - 20}" text-anchor="middle">${value}</text>` +
      `<text x="${x(value) - 6}" y="${y(took) - 6}" text-anchor="end">${took.toFixed(0)} ms</text>`,
  );
  const title = `<text x="${WIDTH / 2}" y="18" text-anchor="middle">${term}: grows as its power ${exponent.toFixed(2)}</text>`;
  return `${title}<polyline points="${line}" fill="none" stroke="black"/>${marks.join('')}`;
}

/** Positions on an axis whose ends are the least and the largest value. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  return (value) => Math.round(from + ((Math.log(value) - least) / (most - least || 1)) * (to - from));
}
