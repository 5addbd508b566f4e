import type { FieldViolation } from '@sipf/errors';
import type { Cluster } from '@sipf/runs';
import { Openings } from '@sipf/runs/preflight';
import { stageUses, type ExperimentPlan } from '../experiment/plan-experiment.ts';
import { askOnce, planDryRun } from './plan-dry-run.ts';

/** What an experiment takes: a stage that several runs share counts once. */
export interface ExperimentForecast {
  /** Runs go one after another, and so do their stages here: an upper bound. */
  readonly hours: number;
  readonly gpuHours: number;
  readonly refusals: readonly FieldViolation[];
  readonly engineRefusals: readonly FieldViolation[];
  readonly notes: readonly string[];
}

/** Plans every run of an experiment on a cluster. */
export async function planExperimentDryRun(
  plan: ExperimentPlan,
  cluster: Cluster,
  { isAsked, isHere }: { readonly isAsked: boolean; readonly isHere: boolean },
): Promise<ExperimentForecast> {
  const openings = new Openings();
  const ask = isAsked ? { ask: askOnce({ isHere }) } : {};
  const shared = new Set(
    stageUses(plan).flatMap(({ run, stage, isShared }) => (isShared ? [`${run}/${stage.id}`] : [])),
  );
  const refusals = new Map<string, FieldViolation>();
  const byEngines = new Set<FieldViolation>();
  const notes = new Set<string>();
  let [hours, gpuHours] = [0, 0];
  for (const { run, config } of plan.runs) {
    const planned = await planDryRun(config, { cluster, explain: false, openings, ...ask });
    for (const refusal of planned.refusals) refusals.set(`${refusal.field} ${refusal.description}`, refusal);
    for (const note of planned.plan?.notes ?? []) if (note.startsWith('engines.')) notes.add(note);
    const own = new Set(planned.engineRefusals.map(({ description }) => description));
    for (const refusal of refusals.values()) if (own.has(refusal.description)) byEngines.add(refusal);
    const stages = (planned.plan?.stages ?? []).filter(({ id }) => !shared.has(`${run}/${id}`));
    hours += stages.reduce((sum, stage) => sum + stage.hours, 0);
    gpuHours += stages.reduce((sum, stage) => sum + stage.gpuHours, 0);
  }
  return {
    ...{ hours, gpuHours, refusals: [...refusals.values()] },
    ...{ engineRefusals: [...byEngines], notes: [...notes] },
  };
}

/** In lines. */
export function describeExperimentForecast({ hours, gpuHours, refusals, notes }: ExperimentForecast): string {
  const lines = [
    `plan: at most ${hours.toPrecision(3)} hours and ${gpuHours.toPrecision(3)} ` +
      'GPU-hours, shared stages once; sipf run --dry-run --explain says how',
    ...notes.map((note) => `note: ${note}`),
    ...refusals.map(({ field, description }) => `refused: ${field}: ${description}`),
  ];
  return `${lines.join('\n')}\n`;
}
