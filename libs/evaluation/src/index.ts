export { readDataset } from './verifiers/datasets/read-dataset.ts';
export { datasetWriters, type WrittenFormat } from './verifiers/datasets/write-dataset.ts';
export { toStepwise } from './verifiers/datasets/stepwise.ts';
export type { LabelledPath, ScoredPath } from './verifiers/labelled-path.ts';
export { cohenKappa, fleissKappa } from './verifiers/metrics/agreement.ts';
export { rocAuc } from './verifiers/metrics/ranking.ts';
export { evaluateVerifier, type VerifierReport } from './verifiers/report/evaluate-verifier.ts';
export { figuresOf } from './verifiers/report/figures.ts';
export { markdownReport } from './verifiers/report/markdown.ts';
export {
  comparisonFacts,
  comparisonFigure,
  comparisonMarkdown,
  comparisonTable,
  type Comparison,
} from './rationales/comparison-report.ts';
export { matchContests, type Contest, type Contests } from './rationales/contests.ts';
export { dimensionNames } from './rationales/dimensions.ts';
export { judgePrompt, type JudgeMessage } from './rationales/judge-prompt.ts';
export { readVerdict } from './rationales/read-verdict.ts';
export { tallyOf, type BothOrders } from './rationales/tally.ts';
