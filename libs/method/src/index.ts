export { groupByQuestion, pathKey, type Outcome, type Path } from './path.ts';
export { deduplicateMath } from './duplicates/math-duplicates.ts';
export { codeDuplicateThreshold, deduplicateCode } from './duplicates/code-duplicates.ts';
export { editDistanceWithin } from './duplicates/edit-distance.ts';
export { normaliseCode } from './duplicates/normalise-code.ts';
export { fillQuota } from './quotas.ts';
export { samplingOf } from './curriculum.ts';
export { denoiseLabels } from './label-denoising.ts';
export { labelNoise, type LabelNoise } from './label-noise.ts';
export { rolloutsToDecide } from './rollouts-to-decide.ts';
export { lastStepLabel, selectForLabelling, stepLabel, type StepLabel } from './step-labels.ts';
export { pathReward, pathRewards, rewardAggregations, type RewardAggregation } from './path-rewards.ts';
export { logOddsOf, logProbabilityOf, probabilityOf } from './log-odds.ts';
export { pathLogReward } from './log-rewards.ts';
export { chooseOwnPaths } from './own-paths.ts';
export { accumulatePairs, type PreferencePair, type RewardedPath } from './pairs/preference-pair.ts';
export { preferencePairs } from './pairs/preference-pairs.ts';
export { pairTexts, pairWeights } from './pairs/step-pairs.ts';
export { accuracyOf } from './metrics/accuracy.ts';
export { mean } from './metrics/mean.ts';
export { majorityVote } from './metrics/majority-vote.ts';
export {
  bootstrapDifference,
  mcNemarExact,
  type McNemar,
  type PairedAnswer,
  type PairedDifference,
} from './metrics/paired-tests.ts';
export { passAtK } from './metrics/pass-at-k.ts';
export { sampledAccuracy, type SampledAnswer, type SameAnswer } from './metrics/sampled-accuracy.ts';
export type { Recipe, Stage, StageKind } from './recipes/recipe.ts';
export { recipeNamed, recipes } from './recipes/builtin-recipes.ts';
export { adjustRecipe } from './recipes/adjust-recipe.ts';
export { plan, type PlannedStage } from './recipes/plan.ts';
