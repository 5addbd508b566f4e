import type { RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import type { FileSplits } from '@sipf/tasks';
import type { Training } from '../plan/kinds/stage-kind.ts';
import { plannedTrainings } from '../plan/planned-trainings.ts';

/** What is known of a run's trainings before it starts. */
export interface UpdateCheck {
  /** For people. */
  readonly notes: readonly string[];
  readonly faults: readonly FieldViolation[];
}

/** How many updates the trainings make, where that is known: one that is all warm-up would be refused when its turn comes. */
export async function checkUpdates(
  config: RunConfig,
  splits: FileSplits | undefined,
  leftOut: number,
): Promise<UpdateCheck> {
  // Loads the engine's packages, which few commands of this program need.
  const { scheduleOf } = await import('@sipf/learning');
  const notes: string[] = [];
  const faults: FieldViolation[] = [];
  const solved = solvedProblems(config, splits, leftOut);
  for (const training of plannedTrainings(config)) {
    const { field, optimisation } = training;
    const rows = rowsOf(training, config, solved);
    const { maxSteps, epochs, batchSize, learningRate, warmupRatio } = optimisation;
    if (rows === undefined && maxSteps === undefined) continue;
    const limit = maxSteps === undefined ? { epochs } : { maxSteps };
    try {
      const batches = Math.ceil((rows ?? 0) / batchSize);
      const plan = scheduleOf({ ...limit, schedule: { learningRate, warmupRatio } }, batches);
      const counted = rows === undefined ? '' : `${rows} rows, `;
      notes.push(`${field}: ${counted}${plan.totalSteps} updates, ${plan.warmupSteps} of them warm-up`);
    } catch (error) {
      if (!(error instanceof SipfError)) throw error;
      const [violation] = error.violations;
      const name = violation?.field.replace('schedule.', '') ?? 'warmupRatio';
      faults.push({ field: `${field}.${name}`, description: violation?.description ?? error.message });
    }
  }
  return { notes, faults };
}

/** Rows of a training; undefined where they are made on the way. */
function rowsOf({ split }: Training, { task }: RunConfig, solved: number | undefined): number | undefined {
  if (split === 'train') return solved;
  return split === 'simulator' && 'simulatorProblems' in task ? task.simulatorProblems : undefined;
}

/** Rows of supervised fine-tuning; undefined where its file is wrong. */
function solvedProblems(
  { task }: RunConfig,
  splits: FileSplits | undefined,
  leftOut: number,
): number | undefined {
  if (task.name === 'arithmetic' || task.name === 'programs') return task.trainProblems;
  return splits === undefined ? undefined : splits.train.length - leftOut;
}
