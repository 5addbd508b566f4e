export {
  CONTINUED_SFT,
  DATA,
  planRun,
  recipeOf,
  REPORT,
  SIMULATOR,
  simulatorStage,
  type Stage,
  type StageKind,
} from './plan-run.ts';
