export { referredDigests } from './artifacts/referred-digests.ts';
export { lostStages } from './artifacts/lost-outputs.ts';
export { verifyCopies } from './verify/verify-copies.ts';
export { verifyReport } from './verify/verify-derived-files.ts';
export { verifyLinks } from './verify/verify-links.ts';
export { lossOf, verifyRun } from './verify/verify-run.ts';
export { digestsIn, folderRef, verifyArtifact, type Finding } from './artifacts/verify-artifact.ts';
export {
  commitOfSources,
  readEnvironment,
  writeEnvironment,
  type Environment,
} from './folder/environment.ts';
export { acquireAt, holderAt } from './lease/acquire.ts';
export { acquireLease, holderOf } from './lease/file-lease.ts';
export { Heartbeats } from './lease/heartbeats.ts';
export { joinLeases } from './lease/joined-lease.ts';
export { recordPlace, type LeaseRecords } from './lease/record-lease.ts';
export { placeHere } from './lease/holder.ts';
export { inUse, isLeaseLost, type Lease } from './lease/lease.ts';
export { requireFile, whyUnreadable } from './folder/require-file.ts';
export { openMetricsFile, readCurves, type MetricsFile } from './folder/metrics-file.ts';
export { createMetricsReader, metricsLine, type StepMetrics } from './folder/metrics-line.ts';
export {
  experimentRuns,
  readExperiment,
  runId,
  storeOf,
  writeExperiment,
  type ExperimentFile,
} from './folder/experiment-file.ts';
export {
  readRunProcesses,
  removeRunProcesses,
  writeRunProcesses,
  type RunProcesses,
} from './folder/run-processes.ts';
export { identityOf, isAlive, type ProcessIdentity } from './folder/process-identity.ts';
export { experimentLayout, layoutIn, runLayout, type RunLayout } from './folder/run-layout.ts';
export {
  openAppendOnlyFile,
  readAppendOnlyFile,
  readBy,
  type AppendOnlyFile,
  type LineRules,
} from './log/append-only-file.ts';
export type { RunEntry, RunEvent } from './log/entries.ts';
export { openJournal, type JournalEntry } from './log/journal.ts';
export { differenceOf, nameOfProgram, programOf, type Program } from './log/program.ts';
export { countedSteps, logText, toEntries, openRunLog, readRunLog, type RunLog } from './log/run-log.ts';
export {
  readReadableRun,
  readRun,
  readRunFolder,
  readRuns,
  readWholeRun,
  type ReadableRun,
  type RunRecord,
  type StageRecord,
} from './log/read-run.ts';
export { foldEach, foldEntry, foldRun, type RunState } from './log/run-state.ts';
export { NO_RESULTS, type IterationCounts, type ResultRow, type Results } from './results/results.ts';
export { parseResults, readResults, writeResults } from './results/results-file.ts';
export { sampledEvaluationOf } from './plan/evaluation-stages.ts';
export type { NothingToLearn, Training } from './plan/kinds/stage-kind.ts';
export {
  fromEngineFacts,
  engineMismatches,
  withNamedPrecision,
  partOfStage,
  partsOfPlan,
  requireEngines,
  toEngineFacts,
  type EngineFacts,
} from './plan/engine-facts.ts';
export { rankRefusals } from './plan/adapter-rank.ts';
export { modelAtWork } from './plan/model-at-work.ts';
export { formatModel, parseModel } from './plan/model-name.ts';
export { jsonLines, parseRecord, putRecords, readRecords } from './rows/records.ts';
export {
  ROWS,
  type DataSource,
  type LabelRecord,
  type OutcomeRecord,
  type PreferenceRow,
  type RolledOutLabel,
  type ScoreRecord,
  type StepwiseRow,
  type SupervisedRow,
} from './rows/rows.ts';
export { isMissing, openRunArtifacts, type RunArtifacts } from './rows/run-artifacts.ts';
export { configOf, verifierBaseOf, verifierBases } from './plan/compared-verifiers.ts';
export { planRun, recipeOf } from './plan/plan-run.ts';
export { trainingStages } from './plan/planned-trainings.ts';
export { plannedEngine } from './plan/planned-engine.ts';
export {
  CONTINUED_SFT,
  DATA,
  isOfKind,
  REPORT,
  SIMULATOR,
  TEST,
  VALIDATION,
  type Reads,
  type Stage,
  type StageOf,
} from './plan/stage.ts';
export { stageIdentity, visibleData, type StageIdentity } from './plan/stage-identity.ts';
export { kindOfStage, rowOf, STAGE_KINDS, type StageKind, type TrainingKind } from './plan/stage-kinds.ts';
export {
  faultOfResult,
  readResult,
  resultOf,
  stageResult,
  type StageNumbers,
  type StageResult,
  type StageResults,
} from './plan/stage-results.ts';
export { stageSettings, trainingOf, type SettingsOf } from './plan/stage-settings.ts';
export { cluster, clusterShape, type Cluster } from './forecast/cluster.ts';
export type { Answers } from './forecast/answers.ts';
export type { Facts } from './forecast/facts.ts';
export { forecast, type Forecast } from './forecast/forecast.ts';
export { sumOf } from './forecast/memory.ts';
export { size, type PlacedService } from './forecast/placement.ts';
export { engineParts } from './forecast/work.ts';
export { vllmCommand, type VllmCommand, type VllmNeed } from './vllm/vllm-command.ts';
export { vllmStarts, type VllmStart } from './vllm/vllm-starts.ts';
