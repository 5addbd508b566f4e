export { readDataset } from './datasets/read-dataset.ts';
export { datasetWriters, type WrittenFormat } from './datasets/write-dataset.ts';
export { toStepwise } from './datasets/stepwise.ts';
export type { LabelledPath, LabelledScore, ScoredPath } from './labelled-path.ts';
export { labelledScores } from './labelled-path.ts';
export { cohenKappa, fleissKappa } from './metrics/agreement.ts';
export { bestOfN, type BestOfN, type Candidate } from './metrics/best-of-n.ts';
export {
  calibrationOf,
  fitTemperature,
  withTemperature,
  type Calibration,
  type ReliabilityBin,
} from './metrics/calibration.ts';
export { bestFirstErrorMetric, firstErrorMetric, type FirstErrorMetric } from './metrics/first-error.ts';
export { bestF1, rocAuc, rocCurve, type BestThreshold, type RocPoint } from './metrics/ranking.ts';
export { confusionAt, f1Of, stepAccuracy, type Confusion } from './metrics/step-accuracy.ts';
export {
  evaluateVerifier,
  type EvaluationSettings,
  type VerifierReport,
} from './report/evaluate-verifier.ts';
export { figuresOf } from './report/figures.ts';
export { markdownReport } from './report/markdown.ts';
export type { Slice } from './report/slices.ts';
