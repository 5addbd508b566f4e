import type { Cell, Column, DataTable } from '@sipf/figures';
import { errorKinds } from '@sipf/tasks';
import { positionName } from '../error-analysis/first-errors.ts';
import type { ReportedRun } from '../runs/reported-run.ts';

/** What is wrong about the first wrong step, by model. */
export function errorKindTable(runs: readonly ReportedRun[]): DataTable {
  return {
    id: 'error-kinds',
    title: 'First wrong steps by kind',
    columns: [
      ...MODEL,
      { key: 'paths', title: 'paths', format: 'count' },
      { key: 'wrong', title: 'with an error', format: 'count' },
      ...errorKinds.map((kind): Column => ({
        key: kind.replace('-', '_'),
        title: kind.replace('-', ' '),
        format: 'count',
      })),
    ],
    rows: each(runs, ({ errors }) =>
      errors.map(({ name, paths, wrong, byKind }) => [
        name,
        paths,
        wrong,
        ...errorKinds.map((kind) => byKind[kind]),
      ]),
    ),
  };
}

/** Where the first wrong step is, by model. */
export function errorPositionTable(runs: readonly ReportedRun[]): DataTable {
  const positions = Math.max(
    0,
    ...runs.flatMap(({ analysis }) => analysis.errors.map(({ byPosition }) => byPosition.length)),
  );
  const numbers = Array.from({ length: positions }, (_, index) => index);
  return {
    id: 'error-positions',
    title: 'First wrong steps by position',
    columns: [
      ...MODEL,
      ...numbers.map((index): Column => ({
        key: `step_${index + 1}`,
        title: `step ${positionName(index)}`,
        format: 'count',
      })),
    ],
    rows: each(runs, ({ errors }) =>
      errors.map(({ name, byPosition }) => [name, ...numbers.map((index) => byPosition[index] ?? 0)]),
    ),
  };
}

/** What each iteration repaired and broke. */
export function changeTable(runs: readonly ReportedRun[]): DataTable {
  return {
    id: 'changes',
    title: 'What each iteration repaired and broke',
    columns: [
      { key: 'run', title: 'run' },
      { key: 'from', title: 'from' },
      { key: 'to', title: 'to' },
      { key: 'repaired', title: 'repaired', format: 'count' },
      { key: 'broken', title: 'broken', format: 'count' },
      { key: 'both_right', title: 'both right', format: 'count' },
      { key: 'both_wrong', title: 'both wrong', format: 'count' },
      { key: 'p_value', title: 'p', format: 'number' },
    ],
    rows: each(runs, ({ changes }) =>
      changes.map(({ from, to, repaired, broken, bothRight, bothWrong, pValue }) => [
        ...[from, to, repaired.length, broken.length, bothRight, bothWrong, pValue],
      ]),
    ),
    note: 'Question by question; p is that of the two-sided exact test that repairing and breaking are equally likely (McNemar).',
  };
}

/** How long the paths are. */
export function lengthTable(runs: readonly ReportedRun[]): DataTable {
  return {
    id: 'path-lengths',
    title: 'Steps of a path',
    columns: [
      ...MODEL,
      { key: 'mean', title: 'mean', format: 'number' },
      { key: 'mean_right', title: 'mean of right', format: 'number' },
      { key: 'mean_wrong', title: 'mean of wrong', format: 'number' },
      { key: 'shortest', title: 'shortest', format: 'count' },
      { key: 'longest', title: 'longest', format: 'count' },
    ],
    rows: each(runs, ({ lengths }) =>
      lengths.map(({ name, mean, meanOfRight, meanOfWrong, shortest, longest }) => [
        ...[name, mean, meanOfRight, meanOfWrong, shortest.steps, longest.steps],
      ]),
    ),
  };
}

const MODEL: readonly Column[] = [
  { key: 'run', title: 'run' },
  { key: 'model', title: 'model' },
];

function each(
  runs: readonly ReportedRun[],
  rowsOf: (analysis: ReportedRun['analysis']) => readonly (readonly Cell[])[],
): Cell[][] {
  return runs.flatMap(({ id, analysis }) => rowsOf(analysis).map((row) => [id, ...row]));
}
