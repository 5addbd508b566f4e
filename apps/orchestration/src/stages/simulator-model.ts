import type { common } from '@sipf/contracts';
import { DATA, parseModel } from '@sipf/runs';
import { dataOutput, modelLeftBy, type StageContext } from './stage-context.ts';

/** G_sim: given, trained from scratch in this run, or M_0 itself. @param from the stage that has it */
export function simulatorOf(context: Pick<StageContext, 'result'>, from: string): common.ModelRef {
  return from === DATA ? parseModel(dataOutput(context, 'simulator')) : modelLeftBy(context, from);
}
