export { groupByQuestion, pathKey, type Outcome, type Path, type PathStep } from './path.ts';
export { deduplicateMath } from './duplicates/math-duplicates.ts';
export {
  codeDuplicateThreshold,
  deduplicateCode,
  normalisedDistanceIsUnder,
  type CodeDuplicateSettings,
} from './duplicates/code-duplicates.ts';
export { editDistanceWithin } from './duplicates/edit-distance.ts';
export { normaliseCode, type CodeLanguage } from './duplicates/normalise-code.ts';
export { fillQuota, quotaOf, unfilledQuestions, type Quota, type QuotaSettings } from './quotas.ts';
export { samplingOf, type IterationSampling, type SamplingPlan } from './curriculum.ts';
export { denoiseLabels, type DenoisingSettings } from './label-denoising.ts';
export { labelNoise, type LabelledStep, type LabelNoise } from './label-noise.ts';
export { rolloutsToDecide } from './rollouts-to-decide.ts';
export {
  labelSteps,
  lastStepLabel,
  selectForLabelling,
  stepLabel,
  type LabellingSettings,
  type StepLabel,
} from './step-labels.ts';
export { pathReward, pathRewards, rewardAggregations, type RewardAggregation } from './path-rewards.ts';
export { logOddsOf, logProbabilityOf, probabilityOf } from './log-odds.ts';
export { pathLogReward } from './log-rewards.ts';
export { chooseOwnPaths, type OwnPathSettings } from './own-paths.ts';
export { accumulatePairs, pairKey, type PreferencePair, type RewardedPath } from './pairs/preference-pair.ts';
export {
  preferencePairs,
  type PairLevel,
  type Pairing,
  type PairSettings,
} from './pairs/preference-pairs.ts';
export { pairTexts, pairWeights, type PairTexts } from './pairs/step-pairs.ts';
export { accuracyOf, type Accuracy } from './metrics/accuracy.ts';
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
export type { Initialise, KeptPaths, Recipe, Stage, StageKind, TuningData, When } from './recipes/recipe.ts';
export { recipeNamed, recipes } from './recipes/builtin-recipes.ts';
export { adjustRecipe, type RecipeChoices } from './recipes/adjust-recipe.ts';
export { plan, type ModelRef, type PlannedStage } from './recipes/plan.ts';
