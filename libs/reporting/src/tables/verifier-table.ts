import type { Cell, DataTable } from '@sipf/figures';
import { recipeFacts } from '../runs/recipe-facts.ts';
import type { ReportedRun } from '../runs/reported-run.ts';

/** Table 3: how well the verifiers of the runs tell right steps from wrong ones, on questions without labelled paths. */
export function verifierTable(runs: readonly ReportedRun[]): DataTable {
  const rows = runs.flatMap((run): Cell[][] => {
    const { verifier } = run.analysis;
    const settings = run.config.verifier;
    if (verifier === undefined || settings === undefined) return [];
    const { report } = verifier;
    return [
      [
        recipeFacts(run.config).feedback === 'outcome model' ? 'ORM' : 'PRM',
        run.id,
        settings.base,
        settings.trainable,
        ...[report.stepAccuracy, report.auc, report.f1, report.firstError?.fixed.f1, report.calibration.ece],
        ...[report.labelledSteps, report.paths, labelAccuracyOf(run)],
      ],
    ];
  });
  return {
    id: 'verifier',
    title: 'Table 3: step accuracy of the verifiers',
    columns: [
      { key: 'verifier', title: 'verifier' },
      { key: 'run', title: 'run' },
      { key: 'base', title: 'base' },
      { key: 'trainable', title: 'trained' },
      { key: 'step_accuracy', title: 'step accuracy', format: 'percent' },
      { key: 'auc', title: 'ROC-AUC', format: 'number' },
      { key: 'f1', title: 'F1', format: 'percent' },
      { key: 'first_error_f1', title: 'first wrong step', format: 'percent' },
      { key: 'ece', title: 'ECE', format: 'number' },
      { key: 'steps', title: 'steps', format: 'count' },
      { key: 'paths', title: 'paths', format: 'count' },
      { key: 'label_accuracy', title: 'labels right', format: 'percent' },
    ],
    rows: distinct(rows),
    note: 'Against the exact truth of every step, at probability 0.5, on sampled paths of questions whose paths were not used to train the verifier.',
  };
}

function labelAccuracyOf({ stages }: ReportedRun): number | undefined {
  return stages.find(({ kind }) => kind === 'label')?.figures['labelAccuracy'];
}

/** Runs of an experiment share verifiers: rows that say the same of another run are left out. */
function distinct(rows: readonly Cell[][]): Cell[][] {
  const seen = new Set<string>();
  return rows.filter(([kind, , ...rest]) => {
    const key = JSON.stringify([kind, ...rest]);
    return !seen.has(key) && seen.add(key);
  });
}
