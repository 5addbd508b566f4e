import type { common } from '@sipf/contracts';
import { DATA, SIMULATOR } from '@sipf/runs';
import { parseModel } from './model-names.ts';
import { outputOf, type StageContext } from './stage-context.ts';

/** G_sim: given, trained from scratch in this run, or M_0 itself. */
export function simulatorOf(context: StageContext): common.ModelRef {
  const { id, simulatorFrom: stage } = context.stage;
  if (stage === undefined) throw new RangeError(`stage ${id} asks no simulator`);
  return parseModel(outputOf(context, stage, stage === DATA ? SIMULATOR : 'model'));
}
