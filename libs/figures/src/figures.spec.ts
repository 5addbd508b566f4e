import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from './csv.ts';
import {
  dataTableCsv,
  dataTableHtml,
  dataTableMarkdown,
  dataTableRecords,
  type DataTable,
} from './data-table.ts';
import { percent, points } from './format-share.ts';
import { lineChart, type Chart } from './line-chart.ts';
import { stackedBars } from './stacked-bars.ts';
import { distinctTicks, ticksOver } from './ticks.ts';

const CHART: Chart = {
  title: 'x & y',
  xLabel: 'n',
  yLabel: 'p',
  xTicks: [1, 2, 4],
  isOrdinal: true,
  lines: [
    {
      name: 'a<b',
      points: [
        { x: 1, y: 0 },
        { x: 4, y: 1, low: 0.5, high: 1 },
      ],
    },
  ],
};

describe('a chart of lines', () => {
  it('puts points and intervals where they belong and escapes texts', () => {
    const svg = lineChart(CHART);
    expect(svg).toContain('points="56.0,304.0 464.0,40.0"');
    expect(svg).toContain('x1="464.0" x2="464.0" y1="172.0" y2="40.0"');
    expect(svg).toContain('x &amp; y');
    expect(svg).toContain('a&lt;b');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('bounds y by its ticks', () => {
    const lines = [{ name: 'l', points: [{ x: 1, y: -2 }] }];
    expect(lineChart({ ...CHART, yTicks: [-2, -1], lines })).toContain('points="56.0,304.0"');
  });

  it('gives a long legend as many lines as it needs', () => {
    const lines = Array.from({ length: 5 }, (_, at) => ({ name: `a method with a name ${at}`, points: [] }));
    expect(lineChart({ ...CHART, lines })).toContain('viewBox="0 0 480 396"');
  });

  it('draws the other half of a line in its colour, dashed', () => {
    const [line] = CHART.lines;
    const half = { name: 'half', points: line?.points ?? [], series: 0, isDashed: true };
    const dashed = lineChart({ ...CHART, lines: [...CHART.lines, half] }).match(/.*dasharray.*/g) ?? [];
    expect(dashed).toHaveLength(2);
    for (const one of dashed) expect(one).toContain('stroke="#0072b2"');
  });
});

it('divides a bar by its shares, and says where there is nothing', () => {
  const bars = [
    { name: 'won', values: [3, 1, 0] },
    { name: 'nothing', values: [0, 0, 0] },
  ];
  const svg = stackedBars({ title: 't', parts: ['a', 'b', 'c'], bars });
  expect(svg).toContain('width="246.0"');
  expect(svg).toContain('75 %');
  expect(svg).toContain('>none<');
  expect(svg).not.toMatch(/NaN/);
});

describe('ticks', () => {
  it('are round, ascending and span the values', () => {
    expect(ticksOver([0.12, 0.47])).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(ticksOver([3, 3])).toEqual([2.6, 2.8, 3, 3.2, 3.4]);
    expect(ticksOver([])).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(numbers, (values) => {
        const ticks = ticksOver(values);
        const slack = 1e-9 * Math.max(...values.map(Math.abs), 1);
        expect(ticks.length).toBeGreaterThan(1);
        expect(ticks.length).toBeLessThan(14);
        expect(ticks[0]).toBeLessThanOrEqual(Math.min(...values) + slack);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(Math.max(...values) - slack);
        expect([...ticks].sort((a, b) => a - b)).toEqual(ticks);
      }),
    );
  });

  it('are at least two where every value has one', () => {
    expect(distinctTicks([1, 0.1, 1])).toEqual([0.1, 1]);
    expect(distinctTicks([2])).toEqual([2, 3]);
  });
});

describe('a table', () => {
  const table: DataTable = {
    id: 't',
    title: 'T',
    columns: [
      { key: 'method', title: 'Method' },
      { key: 'accuracy', title: 'accuracy', format: 'percent' },
      { key: 'pairs', title: 'pairs', format: 'count' },
      { key: 'took', title: 'took', format: 'seconds' },
    ],
    rows: [
      ['a|b, "c"', 0.12345, 1234567, 65],
      ['<d>', undefined, NaN, 7300],
    ],
  };

  it('is Markdown for people', () => {
    expect(dataTableMarkdown(table).split('\n').slice(2)).toEqual([
      '| a\\|b, "c" | 12.3 % | 1\u202f234\u202f567 | 1 min 05 s |',
      '| <d> | - | - | 2 h 01 min |',
    ]);
  });

  it('is CSV with the numbers as they are', () => {
    expect(dataTableCsv(table)).toBe(
      'method,accuracy,pairs,took\r\n"a|b, ""c""",0.12345,1234567,65\r\n<d>,,,7300\r\n',
    );
  });

  it('is JSON and HTML', () => {
    expect(dataTableRecords(table)[1]).toMatchObject({ method: '<d>', accuracy: null, took: 7300 });
    expect(dataTableHtml(table)).toContain('<th scope="row">&lt;d&gt;</th><td class="number">-</td>');
  });
});

it('writes shares and their differences for people', () => {
  expect([0.7304, 0, 1].map(percent)).toEqual(['73.0 %', '0.0 %', '100.0 %']);
  expect([0.015, -0.003, 0].map(points)).toEqual(['+1.5', '-0.3', '0.0']);
});

it('writes CSV whose fields come back, with the line end that is wanted', () => {
  const rows = [
    ['a,b', 'say "no"', 'two\nlines', 'cr\r'],
    [0.1, undefined, NaN, ''],
  ];
  expect(csv(rows)).toBe('"a,b","say ""no""","two\nlines","cr\r"\r\n0.1,,,\r\n');
  expect(csv([['x'], [1]], '\n')).toBe('x\n1\n');
});
