import type { Cell, Column, DataTable } from '@sipf/figures';
import type { AccuracyGroup } from '../runs/accuracy-groups.ts';

const COLUMNS: readonly (readonly [Column, (group: AccuracyGroup) => Cell])[] = [
  [{ key: 'method', title: 'method' }, ({ name }) => name],
  [{ key: 'variant', title: 'setting' }, ({ variant }) => variant],
  [{ key: 'test_set', title: 'test set' }, ({ testSet }) => testSet],
  [{ key: 'feedback', title: 'feedback' }, ({ facts, iteration }) => (iteration === 0 ? '' : facts.feedback)],
  [{ key: 'accuracy', title: 'accuracy', format: 'percent' }, ({ accuracy }) => accuracy],
  [{ key: 'low', title: 'low', format: 'percent' }, ({ low }) => low],
  [{ key: 'high', title: 'high', format: 'percent' }, ({ high }) => high],
  [{ key: 'seeds', title: 'seeds', format: 'count' }, ({ seeds }) => seeds.length],
  [{ key: 'correct', title: 'right', format: 'count' }, ({ correct }) => correct],
  [{ key: 'total', title: 'of', format: 'count' }, ({ total }) => total],
  [{ key: 'flexible', title: 'flexible', format: 'percent' }, ({ flexible }) => flexible],
  [{ key: 'whole_path', title: 'whole path right', format: 'percent' }, ({ wholePath }) => wholePath],
];

/** Tables 1-2: greedy accuracy of every method; columns that no row has anything for are left out. */
export function accuracyTable(groups: readonly AccuracyGroup[]): DataTable {
  const columns = COLUMNS.filter(([, of]) =>
    groups.some((group) => {
      const cell = of(group);
      return cell !== undefined && cell !== '';
    }),
  );
  const several = groups.some(({ seeds }) => seeds.length > 1);
  return {
    id: 'accuracy',
    title: 'Tables 1-2: accuracy',
    columns: columns.map(([column]) => column),
    rows: groups.map((group) => columns.map(([, of]) => of(group))),
    note: several
      ? 'Greedy decoding. Several seeds: mean, and the lowest and highest of them; one seed: Wilson 95 % interval.'
      : 'Greedy decoding; low and high are the ends of Wilson 95 % intervals.',
  };
}
