import type { DataTable } from '@sipf/figures';
import type { AccuracyGroup } from '../runs/accuracy-groups.ts';
import type { Feedback, Loss } from '../runs/recipe-facts.ts';

const ROWS: readonly {
  readonly name: string;
  readonly feedback: Feedback;
  readonly loss: Loss;
  readonly isIterated?: boolean;
}[] = [
  { name: 'SIPF, one iteration', feedback: 'process', loss: 'orpo' },
  { name: 'with iterations', feedback: 'process', loss: 'orpo', isIterated: true },
  { name: 'without process feedback', feedback: 'outcome', loss: 'orpo' },
  { name: 'without the odds-ratio term', feedback: 'process', loss: 'nll' },
  { name: 'without both', feedback: 'outcome', loss: 'nll' },
];

/** Table 4; which row a run belongs to is read off its recipe. Rows that no run gives are empty. */
export function ablationTable(groups: readonly AccuracyGroup[]): DataTable {
  const own = groups.filter(({ testSet, iteration }) => testSet === '' && iteration > 0);
  const rows = ROWS.flatMap(({ name, isIterated = false, ...facts }) => {
    const fitting = own.filter(
      (group) => group.facts.feedback === facts.feedback && group.facts.loss === facts.loss,
    );
    const found = fitting.filter((group) => (isIterated ? isLast(group, fitting) : group.iteration === 1));
    if (found.length === 0) return [[name]];
    return found.map((group) => [
      group.variant === '' ? name : `${name} (${group.variant})`,
      group.name,
      ...[group.accuracy, group.low, group.high, group.seeds.length],
    ]);
  });
  return {
    id: 'ablation',
    title: 'Table 4: ablation',
    columns: [
      { key: 'row', title: 'what is left out' },
      { key: 'method', title: 'method' },
      { key: 'accuracy', title: 'accuracy', format: 'percent' },
      { key: 'low', title: 'low', format: 'percent' },
      { key: 'high', title: 'high', format: 'percent' },
      { key: 'seeds', title: 'seeds', format: 'count' },
    ],
    rows,
  };
}

/** The last of several iterations of its method. */
function isLast({ iteration, facts, variant }: AccuracyGroup, groups: readonly AccuracyGroup[]): boolean {
  const same = groups.filter((other) => other.facts.name === facts.name && other.variant === variant);
  return iteration > 1 && iteration === Math.max(...same.map((other) => other.iteration));
}

/** Whether any two rows of the table can be compared. */
export function hasAblation({ rows }: DataTable): boolean {
  return rows.filter((row) => row.length > 1).length > 1;
}
