export { dataSetsOf, sampledEvaluationOf } from './plan/evaluation-stages.ts';
export { planRun, recipeOf } from './plan/plan-run.ts';
export {
  CONTINUED_SFT,
  DATA,
  REPORT,
  SIMULATOR,
  TEST,
  VALIDATION,
  type Stage,
  type StageKind,
} from './plan/stage.ts';
export { dataOutputsOf, settingsOf, stageIdentity, type StageIdentity } from './plan/stage-identity.ts';
