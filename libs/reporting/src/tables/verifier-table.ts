import type { Cell, DataTable } from '@sipf/figures';
import type { VerifierGroup } from '../runs/verifier-groups.ts';

/** Table 3: how well verifiers separate right steps from wrong ones, on questions without labelled paths. */
export function verifierTable(groups: readonly VerifierGroup[]): DataTable {
  const note =
    'Against the exact truth of every step, at probability 0.5, on sampled ' +
    'paths of questions whose paths were not used to train the verifier.';
  const several = groups.some(({ seeds }) => seeds.length > 1);
  return {
    id: 'verifier',
    title: 'Table 3: step accuracy of the verifiers',
    columns: [
      { key: 'verifier', title: 'verifier' },
      { key: 'variant', title: 'setting' },
      { key: 'base', title: 'base' },
      { key: 'trainable', title: 'trained' },
      { key: 'step_accuracy', title: 'step accuracy', format: 'percent' },
      { key: 'low', title: 'low', format: 'percent' },
      { key: 'high', title: 'high', format: 'percent' },
      { key: 'auc', title: 'ROC-AUC', format: 'number' },
      { key: 'f1', title: 'F1', format: 'percent' },
      { key: 'first_error_f1', title: 'first wrong step', format: 'percent' },
      { key: 'ece', title: 'ECE', format: 'number' },
      { key: 'label_accuracy', title: 'labels right', format: 'percent' },
      { key: 'seeds', title: 'seeds', format: 'count' },
      { key: 'steps', title: 'steps', format: 'count' },
      { key: 'paths', title: 'paths', format: 'count' },
    ],
    rows: groups.map(rowOf),
    note: several
      ? `${note} Several seeds: means, and the lowest and highest step accuracy of them; steps and paths of all.`
      : note,
  };
}

function rowOf({ kind, variant, base, trainable, figures, seeds, range }: VerifierGroup): Cell[] {
  const { stepAccuracy, auc, f1, firstErrorF1, ece, labelAccuracy, steps, paths } = figures;
  const spread = seeds.length > 1 ? range : [undefined, undefined];
  return [
    ...[kind, variant, base, trainable, stepAccuracy, ...spread],
    ...[auc, f1, firstErrorF1, ece, labelAccuracy, seeds.length, steps, paths],
  ];
}
