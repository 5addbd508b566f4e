import type { OptimisationConfig, RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import { planRun, type Stage } from '@sipf/runs';
import type { FileSplits } from '@sipf/tasks';

/** What is known of a run's trainings before it starts. */
export interface UpdateCheck {
  /** For people. */
  readonly notes: readonly string[];
  readonly faults: readonly FieldViolation[];
}

interface Training {
  /** The section that sets it. */
  readonly field: string;
  readonly optimisation: OptimisationConfig;
  /** Undefined where they are made on the way. */
  readonly rows: number | undefined;
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
  for (const { field, optimisation, rows } of trainings(config, solvedProblems(config, splits, leftOut))) {
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

/** Those of the plan; sections that no stage reads are not looked at. */
function trainings(config: RunConfig, solved: number | undefined): Training[] {
  const { sft, continuedSftEpochs: longer, simulator, tuning, verifier, alignment, task } = config;
  const stages = planRun(config);
  const has = (kind: Stage['kind'], isOf: (stage: Stage) => boolean = () => true): boolean =>
    stages.some((stage) => stage.kind === kind && isOf(stage));
  const of = (
    isPlanned: boolean,
    field: string,
    optimisation: OptimisationConfig | undefined,
    rows?: number,
  ): Training[] => (isPlanned && optimisation !== undefined ? [{ field, optimisation, rows }] : []);
  const made = 'simulatorProblems' in task ? task.simulatorProblems : undefined;
  const again = sft === undefined || longer === undefined ? undefined : { ...sft, epochs: longer };
  return [
    ...of(has('simulator'), 'simulator.optimisation', simulator?.optimisation, made),
    ...of(
      has('sft', ({ iteration }) => iteration === 0),
      'sft',
      sft,
      solved,
    ),
    ...of(has('continued-sft'), 'continuedSftEpochs', again, solved),
    ...of(
      has('sft', ({ iteration }) => iteration > 0),
      'tuning.optimisation',
      tuning.optimisation,
    ),
    ...of(has('train-verifier'), 'verifier.optimisation', verifier?.optimisation),
    ...of(has('align'), 'alignment.optimisation', alignment?.optimisation),
  ];
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
