import { pathKey, type Path } from '../path.ts';

/** A path with its reward r(s) of Eq. 5; the reward may be absent if pairs are made by outcome alone. */
export interface RewardedPath {
  readonly path: Path;
  readonly reward?: number;
  /** V(q, s_1..t) of each step, in [0, 1]; needed by step-level pairs. */
  readonly stepScores?: readonly number[];
}

/** One element (q, s+, s-) of D, Eq. 6. */
export interface PreferencePair {
  readonly questionId: string;
  readonly chosen: Path;
  readonly rejected: Path;
  /** r(s+) - r(s-), or the difference of the steps at which they part; 0 if rewards are ignored. */
  readonly difference: number;
  /** Steps that both begin with, of a step-level pair. */
  readonly sharedSteps?: number;
}

/** Equal for two pairs that would train on the same texts. */
export function pairKey({ questionId, chosen, rejected }: PreferencePair): string {
  return JSON.stringify([questionId, chosen.text, rejected.text]);
}

/**
 * D_k joined with D_{k-1} (Algorithm 1): earlier pairs first, each pair of texts once.
 * Joining the same pairs again changes nothing.
 */
export function accumulatePairs(
  earlier: readonly PreferencePair[],
  latest: readonly PreferencePair[],
): PreferencePair[] {
  const seen = new Set<string>();
  return [...earlier, ...latest].filter((pair) => {
    const key = pairKey(pair);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Orders pairs by their paths' keys: the order from which seeded ties start, whatever order the paths came in. */
export function byPathKeys(a: PreferencePair, b: PreferencePair): number {
  return compare(pathKey(a.chosen), pathKey(b.chosen)) || compare(pathKey(a.rejected), pathKey(b.rejected));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
