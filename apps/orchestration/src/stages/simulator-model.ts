import type { common } from '@sipf/contracts';
import { DATA, planRun, SIMULATOR, simulatorStage } from '@sipf/planning';
import { parseModel } from './model-names.ts';
import { outputOf, type StageContext } from './stage-context.ts';

/** G_sim: given, trained from scratch in this run, or M_0 itself. */
export function simulatorOf(context: StageContext): common.ModelRef {
  const stage = simulatorStage(context.config, planRun(context.config));
  return parseModel(outputOf(context, stage, stage === DATA ? SIMULATOR : 'model'));
}
