import { assertNever, SipfError } from '@sipf/errors';
import type { Rng } from '@sipf/random';
import { checkCount, checkSetting } from '../check-setting.ts';
import { pathKey, type Path } from '../path.ts';
import { byPathKeys, type PreferencePair, type RewardedPath } from './preference-pair.ts';
import { scoreAt, sharedSteps } from './step-pairs.ts';

/**
 * What makes one path preferred to another. `outcome-and-reward`: correct over wrong, and by reward; `reward`: by reward
 * alone; `outcome`: correct over wrong alone (SIOF).
 */
export type Pairing = 'outcome-and-reward' | 'reward' | 'outcome';

/**
 * What is preferred: whole paths by their rewards (Eq. 6), or, beyond the paper, the step at which two paths part, by the
 * verifier's scores of it.
 */
type PairLevel = 'path' | 'step';

/** Settings of Eq. 6. */
export interface PairSettings {
  readonly pairing: Pairing;
  /** @default 'path' */
  readonly level?: PairLevel;
  /** r(s+) - r(s-) must be over this, strictly; a reward, in [0, 1]; unused by `outcome`. */
  readonly margin: number;
  /** Pairs that one path may be in, chosen or rejected. */
  readonly maxPairsPerPath: number;
  /** Pairs that one question may give. */
  readonly maxPairsPerQuestion: number;
}

/**
 * Eq. 6: D = { (q, s+, s-) : r(s+) - r(s-) > margin }, bounded: within a question pairs are taken by largest difference
 * first, ties in a seeded order, while neither path has reached its bound. The result does not depend on the order of
 * the paths within a question; questions come in order of first appearance. Paths of unknown outcome are in no pair
 * that rests on outcomes, and paths without a step, where the model stopped at once, in none: they have no tokens to train on.
 * @throws SipfError `invalid-argument`: `SETTING_INVALID`, or `REWARD_MISSING` when a needed reward is not a number
 */
export function preferencePairs(
  paths: readonly RewardedPath[],
  settings: PairSettings,
  rng: Rng,
): PreferencePair[] {
  checkSettings(settings);
  const written = paths.filter(({ path }) => path.steps.length > 0);
  const groups = Map.groupBy(written, ({ path }) => path.questionId);
  return [...groups].flatMap(([questionId, group]) => {
    const candidates = group.flatMap((chosen) =>
      group.flatMap((rejected) => candidatePair(chosen, rejected, settings) ?? []),
    );
    const shuffled = rng.split(`pairs/${questionId}`).shuffle(candidates.sort(byPathKeys));
    // Array sorting is stable, so ties stay in the seeded order.
    return takeBounded(
      shuffled.sort((a, b) => b.difference - a.difference),
      settings,
    );
  });
}

function candidatePair(
  chosen: RewardedPath,
  rejected: RewardedPath,
  { pairing, margin, level = 'path' }: PairSettings,
): PreferencePair | undefined {
  const followsOutcome = chosen.path.outcome === 'correct' && rejected.path.outcome === 'wrong';
  const parting = level === 'step' ? sharedSteps(chosen.path, rejected.path) : 0;
  if (parting === undefined) return undefined;
  const sides = { questionId: chosen.path.questionId, chosen: chosen.path, rejected: rejected.path };
  const pair = level === 'step' ? { ...sides, sharedSteps: parting } : sides;
  switch (pairing) {
    case 'outcome':
      return followsOutcome ? { ...pair, difference: 0 } : undefined;
    case 'outcome-and-reward':
      if (!followsOutcome) return undefined;
      break;
    case 'reward':
      break;
    default:
      return assertNever(pairing);
  }
  const difference =
    level === 'step'
      ? (scoreAt(chosen, parting) ?? NaN) - (scoreAt(rejected, parting) ?? NaN)
      : rewardOf(chosen) - rewardOf(rejected);
  return difference > margin ? { ...pair, difference } : undefined;
}

function takeBounded(candidates: readonly PreferencePair[], settings: PairSettings): PreferencePair[] {
  const uses = new Map<string, number>();
  const usesOf = (path: Path) => uses.get(pathKey(path)) ?? 0;
  const taken: PreferencePair[] = [];
  for (const pair of candidates) {
    if (taken.length >= settings.maxPairsPerQuestion) break;
    const both = [pair.chosen, pair.rejected];
    if (both.some((path) => usesOf(path) >= settings.maxPairsPerPath)) continue;
    for (const path of both) uses.set(pathKey(path), usesOf(path) + 1);
    taken.push(pair);
  }
  return taken;
}

function rewardOf({ path, reward }: RewardedPath): number {
  if (reward !== undefined && Number.isFinite(reward)) return reward;
  throw new SipfError('invalid-argument', `path ${pathKey(path)} has no reward to pair it by`, {
    reason: 'REWARD_MISSING',
  });
}

function checkSettings({ margin, maxPairsPerPath, maxPairsPerQuestion }: PairSettings): void {
  checkSetting(margin >= 0 && margin <= 1, 'pairs.margin', `must be in [0, 1], got ${margin}`);
  checkCount(maxPairsPerPath, 'pairs.maxPairsPerPath', 1);
  checkCount(maxPairsPerQuestion, 'pairs.maxPairsPerQuestion', 1);
}
