export { readDataset } from './verifiers/datasets/read-dataset.ts';
export { datasetWriters, type WrittenFormat } from './verifiers/datasets/write-dataset.ts';
export { toStepwise } from './verifiers/datasets/stepwise.ts';
export type { LabelledPath, LabelledScore, ScoredPath } from './verifiers/labelled-path.ts';
export { labelledScores } from './verifiers/labelled-path.ts';
export { cohenKappa, fleissKappa } from './verifiers/metrics/agreement.ts';
export { bestOfN, type BestOfN, type Candidate } from './verifiers/metrics/best-of-n.ts';
export {
  calibrationOf,
  fitTemperature,
  withTemperature,
  type Calibration,
  type ReliabilityBin,
} from './verifiers/metrics/calibration.ts';
export { bestFirstErrorMetric, firstErrorMetric, type FirstErrorMetric } from './verifiers/metrics/first-error.ts';
export { bestF1, rocAuc, rocCurve, type BestThreshold, type RocPoint } from './verifiers/metrics/ranking.ts';
export { confusionAt, f1Of, stepAccuracy, type Confusion } from './verifiers/metrics/step-accuracy.ts';
export {
  evaluateVerifier,
  type EvaluationSettings,
  type VerifierReport,
} from './verifiers/report/evaluate-verifier.ts';
export { figuresOf } from './verifiers/report/figures.ts';
export { markdownReport } from './verifiers/report/markdown.ts';
export type { Slice } from './verifiers/report/slices.ts';
export {
  comparisonFacts,
  comparisonFigure,
  comparisonMarkdown,
  comparisonTable,
  type Comparison,
} from './rationales/comparison-report.ts';
export { matchContests, type Contest, type Contests, type JudgedAnswer } from './rationales/contests.ts';
export { dimensionNames, dimensions, type Dimension } from './rationales/dimensions.ts';
export { judgePrompt, type JudgeMessage, type ShownPair } from './rationales/judge-prompt.ts';
export { readVerdict, type Preference, type Verdict } from './rationales/read-verdict.ts';
export { tallyOf, type BothOrders, type DimensionTally, type Tally } from './rationales/tally.ts';
