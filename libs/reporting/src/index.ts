export { changeBetween, changesOver, signTest, type Change } from './error-analysis/changes.ts';
export type { Answer, Evaluation } from './error-analysis/evaluation.ts';
export { firstErrors, type FirstErrors } from './error-analysis/first-errors.ts';
export { heldOutVerifier, type HeldOutVerifier } from './error-analysis/held-out-verifier.ts';
export { pathLengths, type PathLengths } from './error-analysis/path-lengths.ts';
export { noAnalysis, type RunAnalysis } from './error-analysis/run-analysis.ts';
export { evenly, samplePairs, type SamplePair, type ScoredStep } from './error-analysis/sample-pairs.ts';
export { buildReport, type ReportSubject } from './report/build-report.ts';
export { reportHtml } from './report/html.ts';
export { reportJson } from './report/json.ts';
export { reportMarkdown } from './report/markdown.ts';
export { figuresOf, tablesOf, type Block, type Report, type Section } from './report/report.ts';
export { accuracyGroups, type AccuracyGroup } from './runs/accuracy-groups.ts';
export { dataTitle, isPublishedData, testSetTitle, type DataSource } from './runs/data-source.ts';
export { recipeFacts, type RecipeFacts } from './runs/recipe-facts.ts';
export type {
  AccuracyRow,
  IterationCounts,
  ReportedRun,
  ReportedStage,
  TokenCount,
} from './runs/reported-run.ts';
export { datasetColumns, type ColumnType, type DatasetColumn } from './exports/dataset-columns.ts';
export { labelRow, pairRow, pathRow, type DatasetRow } from './exports/dataset-rows.ts';
export { basePath, modelCard, type CardSubject } from './exports/model-card.ts';
export { eventFile, type TrainingCurve } from './tensorboard/event-file.ts';
