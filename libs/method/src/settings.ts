import { samplingOf } from './curriculum.ts';
import { defaultQuotaSettings, type QuotaSettings } from './quotas.ts';
import { defaultPairSettings, type PairSettings } from './pairs/preference-pairs.ts';
import { defaultRewardAggregation, type RewardAggregation } from './path-rewards.ts';
import { defaultLabellingSettings, type LabellingSettings } from './step-labels.ts';

/** Sampling of own paths, Eq. 1. */
export interface SamplingSettings {
  /** @default 1 for math, 0.7 for code (METHOD.md, Eq. 1) */
  readonly temperature: number;
  /** Paths drawn for a question in the first iteration; later ones draw as their quota shrinks. @default 8 (RECIPE.md) */
  readonly pathsPerQuestion: number;
  /** Time after which sampling stops for a question, in ms; absent, there is no such limit. @default absent (code: METHOD.md, Eq. 1; math: so that a run repeats bit for bit) */
  readonly timeLimitMs?: number;
}

/** Numbers of a run that every recipe shares; recipes hold only what tells methods apart. */
export interface MethodSettings {
  readonly sampling: SamplingSettings;
  readonly quota: QuotaSettings;
  readonly labelling: LabellingSettings;
  /** Eq. 5. @default 'mean' (METHOD.md, Eq. 5, choice) */
  readonly rewardAggregation: RewardAggregation;
  /** `pairing` is the recipe's. */
  readonly pairs: Omit<PairSettings, 'pairing'>;
}

/** The documented defaults for a kind of task. */
export function defaultMethodSettings(domain: 'math' | 'code'): MethodSettings {
  const temperature = domain === 'math' ? 1 : 0.7;
  const { margin, maxPairsPerPath, maxPairsPerQuestion } = defaultPairSettings;
  return {
    sampling: { temperature, pathsPerQuestion: 8 },
    quota: defaultQuotaSettings,
    labelling: { ...defaultLabellingSettings, temperature },
    rewardAggregation: defaultRewardAggregation,
    pairs: { margin, maxPairsPerPath, maxPairsPerQuestion },
  };
}

/** RECIPE.md's settings for the bundled arithmetic task: as for math, but tau = 3, as labels at tau = 0 were too generous. */
export function arithmeticMethodSettings(): MethodSettings {
  const settings = defaultMethodSettings('math');
  return { ...settings, labelling: { ...settings.labelling, tau: 3 } };
}

/** Paths to draw for a question in iteration k: 8, 4, 2 where the quota is halved; at least 1. */
export function pathsPerQuestion(
  iteration: number,
  settings: Pick<MethodSettings, 'sampling' | 'quota'>,
): number {
  const { pathsPerQuestion: first } = settings.sampling;
  return samplingOf(iteration, { pathsPerQuestion: first, divisor: settings.quota.divisor }).pathsPerQuestion;
}
