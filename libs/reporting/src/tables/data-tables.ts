import type { Cell, Column, DataTable } from '@sipf/figures';
import type { MethodSeries } from '../runs/method-series.ts';
import type { ReportedRun } from '../runs/reported-run.ts';

/** Tables 6-7: training examples after filtering, by iteration. */
export function trainingExamplesTable(series: readonly MethodSeries[]): DataTable {
  const iterations = [...new Set(series.flatMap(({ points }) => points.map(({ iteration }) => iteration)))];
  iterations.sort((a, b) => a - b);
  return {
    id: 'training-examples',
    title: 'Tables 6-7: training examples by iteration',
    columns: [
      { key: 'method', title: 'method' },
      ...iterations.map((k): Column => ({ key: `iteration_${k}`, title: `iteration ${k}`, format: 'count' })),
    ],
    rows: series.map(({ label, points }) => [
      label,
      ...iterations.map((k) => {
        const examples = points.find(({ iteration }) => iteration === k)?.trainingExamples;
        return examples === undefined ? undefined : Math.round(examples);
      }),
    ]),
    note: 'Iteration 0 is D_0; the mean over seeds, rounded.',
  };
}

const COUNTS = [
  ['sample.drawn', 'drawn'],
  ['sample.unique', 'unique'],
  ['sample.positive', 'right'],
  ['sample.negative', 'wrong'],
  ['label.steps', 'labelled steps'],
  ['label.rollouts', 'roll-outs'],
  ['filter.latest', 'newly kept'],
  ['filter.paths', 'kept'],
  ['pair.latest', 'new pairs'],
  ['pair.pairs', 'pairs'],
] as const;

/** What each iteration of each run worked with. */
export function dataCountsTable(runs: readonly ReportedRun[]): DataTable {
  const all = runs.flatMap((run) => run.iterations.map((counts) => ({ run, ...counts })));
  const used = COUNTS.filter(([key]) => all.some(({ counts }) => counts[key] !== undefined));
  const rows = all
    .filter(({ iteration }) => iteration > 0)
    .map(({ run, iteration, counts }): Cell[] => [run.id, iteration, ...used.map(([key]) => counts[key])]);
  return {
    id: 'data-counts',
    title: 'Paths and pairs by iteration',
    columns: [
      { key: 'run', title: 'run' },
      { key: 'iteration', title: 'iteration', format: 'count' },
      ...used.map(([key, title]): Column => ({ key: key.replace('.', '_'), title, format: 'count' })),
    ],
    rows,
  };
}
