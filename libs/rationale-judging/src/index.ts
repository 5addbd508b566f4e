export {
  comparisonFacts,
  comparisonFigure,
  comparisonMarkdown,
  comparisonTable,
  type Comparison,
} from './comparison-report.ts';
export { matchContests, type Contest, type Contests, type JudgedAnswer } from './contests.ts';
export { dimensionNames, dimensions, type Dimension } from './dimensions.ts';
export { judgePrompt, type JudgeMessage, type ShownPair } from './judge-prompt.ts';
export { readVerdict, type Preference, type Verdict } from './read-verdict.ts';
export { tallyOf, type BothOrders, type DimensionTally, type Tally } from './tally.ts';
