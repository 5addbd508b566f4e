import type { FieldViolation } from '@sipf/errors';
import type { Cluster } from '@sipf/runs';
import { Openings } from '@sipf/runs/preflight';
import { stageUses, type ExperimentPlan } from '../experiment/plan-experiment.ts';
import { planDryRun } from './plan-dry-run.ts';

/** What an experiment takes: a stage that several runs share counts once. */
export interface ExperimentForecast {
  /** Runs go one after another, and so do their stages here: an upper bound. */
  readonly hours: number;
  readonly gpuHours: number;
  readonly refusals: readonly FieldViolation[];
}

/** Plans every run of an experiment on a cluster. */
export async function planExperimentDryRun(
  plan: ExperimentPlan,
  cluster: Cluster,
): Promise<ExperimentForecast> {
  const openings = new Openings();
  const shared = new Set(
    stageUses(plan).flatMap(({ run, stage, isShared }) => (isShared ? [`${run}/${stage.id}`] : [])),
  );
  const refusals = new Map<string, FieldViolation>();
  let [hours, gpuHours] = [0, 0];
  for (const { run, config } of plan.runs) {
    const planned = await planDryRun(config, { cluster, explain: false, openings });
    for (const refusal of planned.refusals) refusals.set(`${refusal.field} ${refusal.description}`, refusal);
    const own = (planned.plan?.stages ?? []).filter(({ id }) => !shared.has(`${run}/${id}`));
    hours += own.reduce((sum, stage) => sum + stage.hours, 0);
    gpuHours += own.reduce((sum, stage) => sum + stage.gpuHours, 0);
  }
  return { hours, gpuHours, refusals: [...refusals.values()] };
}

/** In lines. */
export function describeExperimentForecast({ hours, gpuHours, refusals }: ExperimentForecast): string {
  const lines = [
    `plan: at most ${hours.toPrecision(3)} hours and ${gpuHours.toPrecision(3)} GPU-hours, shared stages once; sipf run --dry-run --explain says how`,
    ...refusals.map(({ field, description }) => `refused: ${field}: ${description}`),
  ];
  return `${lines.join('\n')}\n`;
}
