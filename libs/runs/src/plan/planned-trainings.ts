import type { RunConfig } from '@sipf/contracts';
import type { Training } from './kinds/stage-kind.ts';
import { planRun } from './plan-run.ts';
import type { TrainingKind } from './stage-kinds.ts';
import { stageSettings, trainingOf } from './stage-settings.ts';
import { isTraining, type Stage, type StageOf } from './stage.ts';

/** The stages of a plan that train a model. */
export function trainingStages(plan: readonly Stage[]): StageOf<TrainingKind>[] {
  return plan.filter(isTraining);
}

/** The trainings of a run, one for each setting that says how: the first stage's that reads it. */
export function plannedTrainings(config: RunConfig): Training[] {
  const trainings = new Map<string, Training>();
  for (const stage of trainingStages(planRun(config))) {
    const training = trainingOf(stage, stageSettings(stage, config));
    if (!trainings.has(training.field)) trainings.set(training.field, training);
  }
  return [...trainings.values()];
}
