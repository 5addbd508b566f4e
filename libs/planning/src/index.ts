export { dataSetsOf, sampledEvaluationOf } from './evaluation-stages.ts';
export { planRun, recipeOf } from './plan-run.ts';
export {
  CONTINUED_SFT,
  DATA,
  REPORT,
  SIMULATOR,
  TEST,
  VALIDATION,
  type Stage,
  type StageKind,
} from './stage.ts';
export { dataOutputsOf, settingsOf, stageIdentity, type StageIdentity } from './stage-identity.ts';
