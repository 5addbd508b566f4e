import { recipeFacts, type RecipeFacts } from './recipe-facts.ts';
import type { AccuracyRow, ReportedRun } from './reported-run.ts';
import { variantsOf } from './variants.ts';

/** One line of tables 1-2: a method's model in an iteration, over the seeds that it was run with. */
export interface AccuracyGroup {
  /** E.g. `SIPF 2`. */
  readonly name: string;
  readonly facts: RecipeFacts;
  readonly iteration: number;
  /** Empty for the task's own. */
  readonly testSet: string;
  /** What sets it apart from other runs of its method. */
  readonly variant: string;
  readonly seeds: readonly number[];
  /** The mean over seeds. */
  readonly accuracy: number;
  /** One seed: Wilson's 95 % interval; several: the lowest and the highest. */
  readonly low: number;
  readonly high: number;
  /** Over all seeds. */
  readonly correct: number;
  readonly total: number;
  readonly flexible: number | undefined;
  readonly wholePath: number | undefined;
}

interface Entry {
  readonly row: AccuracyRow;
  readonly seed: number;
  readonly variant: string;
  readonly facts: RecipeFacts;
}

/** Every accuracy of the runs; a model that several runs share (the same M_0) counts once. */
export function accuracyGroups(runs: readonly ReportedRun[]): AccuracyGroup[] {
  const variants = variantsOf(runs);
  const entries = runs.flatMap(({ id, config, rows }) =>
    rows.map((row) => ({
      row,
      seed: config.seed,
      variant: variants.get(id) ?? '',
      facts: recipeFacts(config),
    })),
  );
  const groups = Map.groupBy(merged(entries), ({ row, variant }) =>
    JSON.stringify([row.method, row.testSet ?? '', variant]),
  );
  return [...groups.values()].map(groupOf);
}

/** The same model on the same questions, from several runs, is one entry; its variant says nothing then. */
function merged(entries: readonly Entry[]): Entry[] {
  const same = Map.groupBy(entries, ({ row, seed }) =>
    JSON.stringify([row.method, row.testSet ?? '', seed, row.model, row.correct, row.total]),
  );
  return [...same.values()].flatMap((equal) => {
    const [first] = equal;
    if (first === undefined) return [];
    const isShared = equal.some(({ variant }) => variant !== first.variant);
    return [isShared ? { ...first, variant: '' } : first];
  });
}

function groupOf(entries: readonly Entry[]): AccuracyGroup {
  const rows = entries.map(({ row }) => row);
  const accuracies = rows.map(({ accuracy }) => accuracy);
  const [first] = entries;
  if (first === undefined) throw new RangeError('a group has no entry');
  const { row, facts, variant } = first;
  const isSingle = rows.length === 1;
  return {
    name: row.method,
    facts,
    iteration: row.iteration,
    testSet: row.testSet ?? '',
    variant,
    seeds: entries.map(({ seed }) => seed),
    accuracy: meanOf(accuracies),
    low: isSingle ? row.low : Math.min(...accuracies),
    high: isSingle ? row.high : Math.max(...accuracies),
    correct: sumOf(rows.map(({ correct }) => correct)),
    total: sumOf(rows.map(({ total }) => total)),
    flexible: meanOfAll(rows.map(({ flexibleCorrect, total }) => flexibleCorrect && flexibleCorrect / total)),
    wholePath: meanOfAll(rows.map(({ wholePathAccuracy }) => wholePathAccuracy)),
  };
}

/** NaN for no values. */
export function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

/** The mean where every value is there. */
export function meanOfAll(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? meanOf(known) : undefined;
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
