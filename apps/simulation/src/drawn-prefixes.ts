import type { simulation } from '@sipf/contracts';
import type { Outcome } from '@sipf/method';
import type { OpenPath } from './open-path.ts';
import type { Prefix } from './prefix.ts';
import type { RolloutCache } from './rollout-cache.ts';

/** A prefix that is being completed, in one round of roll-outs or in several, for every path that begins with it. */
export interface DrawnPrefix {
  readonly prefix: Prefix;
  /** See prefixKey. */
  readonly key: string;
  /** Tokens of the prefix; kept between rounds. */
  promptIds: readonly number[] | undefined;
  /** Index of this round's first roll-out. */
  first: number;
  /** Roll-outs of this round. */
  round: number;
}

/** How one roll-out ended. */
export interface Rollout {
  readonly sampleIndex: number;
  readonly outcome: Outcome;
  readonly tokens: number;
}

interface UnderWay {
  readonly drawn: DrawnPrefix;
  readonly outcomes: Outcome[];
  /** Roll-outs of this round that are not judged yet. */
  awaited: number;
  tokens: number;
  readonly waiting: { readonly open: OpenPath; readonly step: number }[];
}

/** The prefixes of one request: which are drawn, which are known, and who waits for them. */
export class DrawnPrefixes {
  readonly #cache: RolloutCache;
  readonly #more: (outcomes: readonly Outcome[]) => number;
  readonly #underWay = new Map<string, UnderWay>();

  /** @param more how many further roll-outs the outcomes of the first ones ask for */
  constructor(cache: RolloutCache, more: (outcomes: readonly Outcome[]) => number) {
    this.#cache = cache;
    this.#more = more;
  }

  /** Takes a prefix of an open path. @returns what is to be drawn for it, if anything is that is not being drawn already */
  ask(prefix: Prefix, key: string, open: OpenPath): DrawnPrefix | undefined {
    const place = { open, step: prefix.step };
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      underWay.waiting.push(place);
      return undefined;
    }
    const { used, round } = this.#plan(this.#cache.get(key));
    if (round === 0) {
      open.settle(prefix.step, used, 0);
      return undefined;
    }
    const drawn: DrawnPrefix = { prefix, key, promptIds: undefined, first: used.length, round };
    this.#underWay.set(key, { drawn, outcomes: [...used], awaited: round, tokens: 0, waiting: [place] });
    return drawn;
  }

  /** Takes a judged roll-out. @returns whether the prefix goes on with another round, is done, or awaits others */
  count({ key }: DrawnPrefix, { sampleIndex, outcome, tokens }: Rollout): 'again' | 'done' | 'awaited' {
    const underWay = this.#underWay.get(key);
    if (underWay === undefined) throw new RangeError('a roll-out of a prefix that is not drawn');
    underWay.outcomes[sampleIndex] = outcome;
    underWay.tokens += tokens;
    if (--underWay.awaited > 0) return 'awaited';
    const { drawn, outcomes } = underWay;
    drawn.first = outcomes.length;
    drawn.round = this.#more(outcomes);
    underWay.awaited = drawn.round;
    if (drawn.round > 0) return 'again';
    this.#settle(underWay);
    this.#cache.set(key, outcomes);
    return 'done';
  }

  /** No roll-out of a prefix can be made. */
  giveUp({ key }: DrawnPrefix): void {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) this.#settle(underWay);
  }

  /** A prefix cannot be read: no path that begins with it has labels. */
  refuse({ key }: DrawnPrefix, why: simulation.PathError): void {
    const waiting = this.#underWay.get(key)?.waiting ?? [];
    this.#underWay.delete(key);
    for (const { open, step } of waiting) open.refuse(step, why);
  }

  #settle({ drawn, outcomes, tokens, waiting }: UnderWay): void {
    this.#underWay.delete(drawn.key);
    for (const [index, { open, step }] of waiting.entries()) {
      open.settle(step, outcomes, index === 0 ? tokens : 0);
    }
  }

  /** The known outcomes that rounds from the start would have drawn, and what is missing of the round after them. */
  #plan(known: readonly Outcome[]): { readonly used: readonly Outcome[]; readonly round: number } {
    for (let end = 0; ;) {
      const round = this.#more(known.slice(0, end));
      if (round === 0) return { used: known.slice(0, end), round };
      end += round;
      if (end > known.length) return { used: known, round: end - known.length };
    }
  }
}
