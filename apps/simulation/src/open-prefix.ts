import type { Outcome } from '@sipf/method';
import type { OpenPath, Rollout } from './open-path.ts';

/** A prefix that is being completed, in one round of roll-outs or in several. */
export interface OpenPrefix {
  readonly open: OpenPath;
  /** Index of the path in the request. */
  readonly at: number;
  /** Index of its last step. */
  readonly step: number;
  /** What a roll-out continues; kept between its rounds. */
  promptIds: readonly number[] | undefined;
  /** Roll-outs of the earlier rounds. */
  drawn: number;
  /** Roll-outs of this round. */
  round: number;
  /** Those of this round that are not judged yet. */
  awaited: number;
}

/** @param round roll-outs of the first round */
export function createOpenPrefix(place: Pick<OpenPrefix, 'open' | 'at' | 'step'>, round: number): OpenPrefix {
  return { ...place, promptIds: undefined, drawn: 0, round, awaited: round };
}

/**
 * Takes a judged roll-out.
 * @param more how many further roll-outs these outcomes ask for
 * @returns whether the prefix goes on with another round (`again`), was its path's last to end (`path-complete`), or neither
 */
export function countRollout(
  prefix: OpenPrefix,
  rollout: Rollout,
  more: (outcomes: readonly Outcome[]) => number,
): 'again' | 'path-complete' | undefined {
  const outcomes = prefix.open.add(prefix.step, rollout);
  if (--prefix.awaited > 0) return undefined;
  prefix.drawn += prefix.round;
  prefix.round = more(outcomes);
  prefix.awaited = prefix.round;
  if (prefix.round > 0) return 'again';
  return prefix.open.closePrefix() ? 'path-complete' : undefined;
}
