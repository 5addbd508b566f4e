import type { simulation } from '@sipf/contracts';
import type { Outcome } from '@sipf/method';
import type { OpenPath } from './open-path.ts';
import type { Prefix } from './prefix.ts';
import type { RolloutCache } from './rollout-cache.ts';

/** A prefix being completed, in one round of roll-outs or several, for every path that begins with it. */
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

/** The end of one roll-out. */
export interface Rollout {
  readonly sampleIndex: number;
  readonly outcome: Outcome;
  readonly tokens: number;
}

interface UnderWay {
  readonly drawn: DrawnPrefix;
  readonly outcomes: Outcome[];
  /** Roll-outs of this round not judged yet. */
  awaited: number;
  tokens: number;
  readonly waiting: { readonly open: OpenPath; readonly step: number }[];
}

/** The prefixes of one request: which are being drawn, which are known, and which paths wait for them. */
export class DrawnPrefixes {
  readonly #cache: RolloutCache;
  readonly #more: (outcomes: readonly Outcome[]) => number;
  readonly #underWay = new Map<string, UnderWay>();

  /** @param more the number of further roll-outs that the outcomes so far require */
  constructor(cache: RolloutCache, more: (outcomes: readonly Outcome[]) => number) {
    this.#cache = cache;
    this.#more = more;
  }

  /** Takes a prefix of an open path. @returns the round to draw for it, unless its outcomes are known or being drawn already */
  ask(prefix: Prefix, key: string, open: OpenPath): DrawnPrefix | undefined {
    const waiter = { open, step: prefix.step };
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      underWay.waiting.push(waiter);
      return undefined;
    }
    const { used, round } = this.#plan(this.#cache.get(key));
    if (round === 0) {
      open.settle(prefix.step, used, 0);
      return undefined;
    }
    const drawn: DrawnPrefix = { prefix, key, promptIds: undefined, first: used.length, round };
    this.#underWay.set(key, { drawn, outcomes: [...used], awaited: round, tokens: 0, waiting: [waiter] });
    return drawn;
  }

  /** Takes a judged roll-out. @returns whether the prefix needs another round, is done, or awaits others */
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

  /** The prefix leaves no room for a roll-out. */
  giveUp({ key }: DrawnPrefix): void {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) this.#settle(underWay);
  }

  /** The prefix cannot be read: no path that begins with it gets labels. */
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

  /** The known outcomes that rounds from the start would have drawn, and how many the next round still lacks. */
  #plan(known: readonly Outcome[]): { readonly used: readonly Outcome[]; readonly round: number } {
    for (let end = 0; ;) {
      const round = this.#more(known.slice(0, end));
      if (round === 0) return { used: known.slice(0, end), round };
      end += round;
      if (end > known.length) return { used: known, round: end - known.length };
    }
  }
}
