export { commitOfSources, describeEnvironment } from './folder/environment.ts';
export { acquireLock, isLocked } from './folder/lock.ts';
export { metricsFault, openMetricsFile, type MetricsFile } from './folder/metrics-file.ts';
export { parseMetricsLine, type MetricsLine } from './folder/metrics-line.ts';
export { identityOf, isAlive, type ProcessIdentity } from './folder/process-identity.ts';
export { experimentPlaces, runPlaces, type ExperimentPlaces, type RunPlaces } from './folder/run-places.ts';
export {
  openAppendOnlyFile,
  readAppendOnlyFile,
  type AppendOnlyFile,
  type LineRules,
} from './log/append-only-file.ts';
export { openJournal, type JournalEntry } from './log/journal.ts';
export { differenceOf, nameOfProgram, programOf, type Program } from './log/program.ts';
export {
  countedSteps,
  openRunLog,
  readRunLog,
  type ReadLog,
  type RunEntry,
  type RunEvent,
  type RunLog,
  type StageResult,
} from './log/run-log.ts';
export { foldEach, foldRun, type RunPhase, type RunState } from './log/run-state.ts';
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
