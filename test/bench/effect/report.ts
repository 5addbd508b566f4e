import { points } from '@sipf/figures';
import { mean } from '@sipf/method';
import { table } from '../support/table.ts';
import type { Claim, Evidence } from './claims.ts';
import type { MethodRow } from './read-experiment.ts';
import type { VerifierComparison } from './verifiers.ts';

/** A claim and what the measures say of it. */
export interface JudgedClaim {
  readonly claim: Claim;
  readonly answers: Evidence;
  /** Undefined where the task cannot check steps. */
  readonly wholePaths: Evidence | undefined;
}

/** Accuracy of every row and seed with Wilson's 95 % interval; the share of wholly right paths where it is known. */
export function accuracyTable(rows: ReadonlyMap<string, MethodRow>): string {
  const seeds = [...new Set([...rows.values()].flatMap((row) => [...row.seeds.keys()]))].sort(
    (a, b) => a - b,
  );
  const cells = [...rows.values()].map((row) => {
    const bySeed = seeds.map((seed) => {
      const result = row.seeds.get(seed);
      if (result === undefined) return '';
      const { accuracy, low, high, wholePathAccuracy } = result.figures;
      const whole = wholePathAccuracy === undefined ? '' : `; ${percent(wholePathAccuracy)}`;
      return `${percent(accuracy)} (${percent(low)}-${percent(high)})${whole}`;
    });
    return [
      row.method,
      ...bySeed,
      percent(mean([...row.seeds.values()].map(({ figures }) => figures.accuracy))),
    ];
  });
  return table(['method', ...seeds.map((seed) => `seed ${seed}`), 'mean'], cells);
}

/** Each claim with its difference in points, by answers and by whole paths. */
export function claimTable(judged: readonly JudgedClaim[]): string {
  const rows = judged.map(({ claim, answers, wholePaths }) => [
    `${claim.better} > ${claim.worse}`,
    ...evidenceCells(answers),
    ...evidenceCells(wholePaths),
  ]);
  return table(['claim', 'answers', 'by seed', 'finding', 'whole paths', 'by seed', 'finding'], rows);
}

/** The two kinds of verifier, seed by seed. */
export function verifierTable({ seeds, difference: { difference, low, high } }: VerifierComparison): string {
  const rows = seeds.map(({ seed, steps, right, process, outcome }) => [
    String(seed),
    String(steps),
    percent(right),
    ...[process, outcome].flatMap(({ accuracy, auc }) => [percent(accuracy), auc.toFixed(3)]),
  ]);
  const head = ['seed', 'steps', 'right', 'PRM accuracy', 'PRM AUC', 'ORM accuracy', 'ORM AUC'];
  return `${table(head, rows)}\n\nPRM - ORM, step accuracy: ${points(difference)} (${points(low)} to ${points(high)})`;
}

function evidenceCells(evidence: Evidence | undefined): string[] {
  if (evidence === undefined) return ['', '', ''];
  const { difference, low, high, seeds, finding } = evidence;
  return [`${points(difference)} (${points(low)} to ${points(high)})`, seeds.map(points).join(', '), finding];
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
