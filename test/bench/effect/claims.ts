import { bootstrapDifference, type PairedAnswer } from '@sipf/method';
import type { Rng } from '@sipf/random';
import type { Answers, MethodRow } from './read-experiment.ts';

/** That one row of the results table is better than another. */
export interface Claim {
  readonly better: string;
  readonly worse: string;
}

/** `shown`: better with every seed, and the interval is above 0; `against`: worse, likewise; else `not shown`. */
type Finding = 'shown' | 'not shown' | 'against';

/** What a measure says of a claim. */
export interface Evidence {
  /** Share of the better row less that of the worse, over the questions of all seeds. */
  readonly difference: number;
  /** Ends of the 95 % interval by bootstrap over questions. */
  readonly low: number;
  readonly high: number;
  /** The difference of each seed. */
  readonly seeds: readonly number[];
  readonly finding: Finding;
}

/** What a question is counted for: the right answer, or a path whose every step is right. */
export type Measure = 'correct' | 'wholePath';

/**
 * The paper's orderings (tables 1, 2 and 4, figures 4 and 7), and the comparison that separates a loop's gain from longer
 * training.
 */
export const paperClaims: readonly Claim[] = [
  { better: 'SIPF 1', worse: 'SFT' },
  { better: 'SIPF 3', worse: 'SIPF 1' },
  { better: 'SIPF 3', worse: 'SFT continued' },
  { better: 'SIPF 1', worse: 'SIOF 1' },
  { better: 'SIPF 3', worse: 'SIOF 3' },
  { better: 'pRFT', worse: 'RFT' },
  { better: 'SFT', worse: 'SRF' },
  { better: 'SIPF 1', worse: 'SIPF (ORM) 1' },
  { better: 'SIPF 1', worse: 'SIPF without odds ratio 1' },
  { better: 'SIPF 3', worse: 'SIPF without odds ratio 3' },
  { better: 'SIPF 1', worse: 'SIPF without both 1' },
  { better: 'SIPF 1', worse: 'pSRF' },
  { better: 'SIPF 1', worse: 'RPO' },
  { better: 'SIPF 3', worse: 'STaR 3' },
  { better: 'SIPF 3', worse: 'RFT iterated 3' },
  { better: 'SIPF 3', worse: 'pRFT iterated 3' },
  { better: 'pRFT iterated 3', worse: 'RFT iterated 3' },
];

/** That every setting which was tried beside the configuration as it is makes the loop's last model better. */
export function settingClaims(rows: ReadonlyMap<string, unknown>): readonly Claim[] {
  const worse = 'SIPF 3';
  return [...rows.keys()]
    .filter((name) => name.startsWith(`${worse} (`))
    .map((better) => ({ better, worse }));
}

/** Undefined where a row is missing, or where the task cannot check steps. */
export function judge(
  claim: Claim,
  rows: ReadonlyMap<string, MethodRow>,
  { measure, rng }: { readonly measure: Measure; readonly rng: Rng },
): Evidence | undefined {
  const [better, worse] = [rows.get(claim.better), rows.get(claim.worse)];
  if (better === undefined || worse === undefined) return undefined;
  const bySeed = [...better.seeds].flatMap(([seed, first]) => {
    const second = worse.seeds.get(seed);
    const answers = second === undefined ? [] : paired(seed, [first.answers, second.answers], measure);
    return answers.length === 0 ? [] : [answers];
  });
  if (bySeed.length === 0) return undefined;
  const seeds = bySeed.map(meanDifference);
  const { difference, low, high } = bootstrapDifference(bySeed.flat(), rng.split(claim.better + claim.worse));
  return { difference, low, high, seeds, finding: findingOf(seeds, low, high) };
}

/** The questions of every seed are its own, so their names carry the seed. */
function paired(
  seed: number,
  [first, second]: readonly [Answers, Answers],
  measure: Measure,
): readonly PairedAnswer[] {
  return [...first].flatMap(([id, answer]) => {
    const [one, other] = [answer[measure], second.get(id)?.[measure]];
    return one === undefined || other === undefined
      ? []
      : [{ question: `${seed}/${id}`, first: one, second: other }];
  });
}

function meanDifference(answers: readonly PairedAnswer[]): number {
  const lead = answers.reduce((sum, { first, second }) => sum + Number(first) - Number(second), 0);
  return lead / answers.length;
}

/** One seed says nothing of the variance between trainings, but no seed may speak against a claim that is shown. */
function findingOf(seeds: readonly number[], low: number, high: number): Finding {
  if (low > 0 && seeds.every((difference) => difference > 0)) return 'shown';
  if (high < 0 && seeds.every((difference) => difference < 0)) return 'against';
  return 'not shown';
}
