import { SipfError } from '@sipf/errors';
import { checkSetting } from './check-setting.ts';
import type { RewardedPath } from './pairs/preference-pair.ts';
import { pathKey, type Path } from './path.ts';
import type { KeptPaths } from './recipes/recipe.ts';

/** Which own paths a self-taught method learns from. */
export interface OwnPathSettings {
  readonly by: KeptPaths;
  /** A reward of Eq. 5, in [0, 1]; unused if paths are kept by outcome. */
  readonly minReward: number;
}

/**
 * The own paths to learn from: those that reach the answer (RFT, STaR) and, by reward, whose reward is at least
 * `minReward` (pRFT). A path without a reward, because the verifier could not take it whole, is not kept by reward.
 * @throws SipfError `invalid-argument`, reason `SETTING_INVALID`
 */
export function chooseOwnPaths(
  paths: readonly RewardedPath[],
  { by, minReward }: OwnPathSettings,
): readonly Path[] {
  checkSetting(minReward >= 0 && minReward <= 1, 'filter.minReward', `must be in [0, 1], got ${minReward}`);
  return paths
    .filter(({ path, reward }) => {
      if (path.outcome !== 'correct') return false;
      return by === 'outcome' || finite(path, reward) >= minReward;
    })
    .map(({ path }) => path);
}

function finite(path: Path, reward: number | undefined): number {
  if (reward === undefined) return -Infinity;
  if (Number.isFinite(reward)) return reward;
  throw new SipfError('invalid-argument', `the reward of path ${pathKey(path)} is not a number`, {
    reason: 'REWARD_MISSING',
  });
}
