export { lossOf, lostStages } from './artifacts/lost-outputs.ts';
export {
  digestsIn,
  faultIn,
  folderRef,
  outputsOf,
  verifyArtifact,
  type Finding,
} from './artifacts/verify-artifact.ts';
export {
  commitOfSources,
  readEnvironment,
  writeEnvironment,
  type Environment,
} from './folder/environment.ts';
export { acquireLock } from './folder/lock.ts';
export { metricsFault, openMetricsFile, readCurves, type MetricsFile } from './folder/metrics-file.ts';
export { metricsLine, parseMetricsLine, type MetricsLine, type StepMetrics } from './folder/metrics-line.ts';
export { identityOf, isAlive, processIdentity, type ProcessIdentity } from './folder/process-identity.ts';
export {
  experimentPlaces,
  placesIn,
  runPlaces,
  type ExperimentPlaces,
  type RunPlaces,
} from './folder/run-places.ts';
export {
  openAppendOnlyFile,
  readAppendOnlyFile,
  readBy,
  type AppendOnlyFile,
  type LineRules,
} from './log/append-only-file.ts';
export { stageResult, type RunEntry, type RunEvent, type StageResult } from './log/entries.ts';
export { openJournal, type JournalEntry } from './log/journal.ts';
export { differenceOf, nameOfProgram, programOf, type Program } from './log/program.ts';
export {
  countedSteps,
  logText,
  toEntries,
  openRunLog,
  readRunLog,
  type ReadLog,
  type RunLog,
} from './log/run-log.ts';
export {
  readRun,
  readRunFolder,
  readRuns,
  readWholeRun,
  type RunFolder,
  type RunRecord,
  type RunStanding,
  type StageRecord,
} from './log/read-run.ts';
export { foldEach, foldRun, type RunPhase, type RunState, type StageTimes } from './log/run-state.ts';
export { NO_RESULTS, type IterationCounts, type ResultRow, type Results } from './results/results.ts';
export { parseResults, readResults, writeResults } from './results/results-file.ts';
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
