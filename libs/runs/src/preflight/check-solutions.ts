import type { RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import type { FileSplits } from '@sipf/tasks';
import type { OpenedData } from './opened.ts';
import { rowFault } from './row-faults.ts';
import { imitatesSolutions } from './run-splits.ts';

/** Problems of D_0 without the solution that fine-tuning imitates; only the ones that the run chooses of its file. */
export function solutionFaults(
  config: RunConfig,
  data: readonly OpenedData[],
  splits: FileSplits | undefined,
): FieldViolation[] {
  const file = data.find(({ field }) => field === 'task.train');
  if (file === undefined || splits === undefined || !imitatesSolutions(config)) return [];
  const unsolved = splits.train.filter(({ solution }) => solution === undefined);
  const what = `no solution, only its answer: method ${config.method} fine-tunes on solutions`;
  return rowFault(file, unsolved, what);
}
