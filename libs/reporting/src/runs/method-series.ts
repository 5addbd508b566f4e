import { meanOf } from './accuracy-groups.ts';
import { recipeFacts, type RecipeFacts } from './recipe-facts.ts';
import type { ReportedRun } from './reported-run.ts';
import { variantsOf } from './variants.ts';

/** A method over its iterations, averaged over seeds. */
export interface MethodSeries {
  /** The method's title and what sets these runs apart. */
  readonly label: string;
  readonly facts: RecipeFacts;
  readonly variant: string;
  readonly points: readonly SeriesPoint[];
}

export interface SeriesPoint {
  readonly iteration: number;
  readonly accuracy: number;
  /** One seed: Wilson's interval; several: the range. */
  readonly low: number;
  readonly high: number;
  /** Undefined where no iteration says. */
  readonly trainingExamples: number | undefined;
}

/** Methods with a loop, in the order of the runs. Iteration 0 is the model that the loop starts from. */
export function methodSeries(runs: readonly ReportedRun[]): MethodSeries[] {
  const variants = variantsOf(runs);
  const keyed = runs.map((run) => ({
    run,
    facts: recipeFacts(run.config),
    variant: variants.get(run.id) ?? '',
  }));
  const groups = Map.groupBy(keyed, ({ facts, variant }) => JSON.stringify([facts.name, variant]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { facts, variant } = first;
    const points = pointsOf(group.map(({ run }) => run));
    const label = variant === '' ? facts.title : `${facts.title}, ${variant}`;
    return points.length > 1 ? [{ label, facts, variant, points }] : [];
  });
}

function pointsOf(runs: readonly ReportedRun[]): SeriesPoint[] {
  const rows = runs.flatMap((run) => ownRows(run).map((row) => ({ run, row })));
  const iterations = [...Map.groupBy(rows, ({ row }) => row.iteration)].sort(([a], [b]) => a - b);
  return iterations.map(([iteration, some]) => {
    const accuracies = some.map(({ row }) => row.accuracy);
    const [only] = some;
    const isSingle = some.length === 1 && only !== undefined;
    const examples = some.flatMap(({ run }) => examplesOf(run, iteration));
    return {
      iteration,
      accuracy: meanOf(accuracies),
      low: isSingle ? only.row.low : Math.min(...accuracies),
      high: isSingle ? only.row.high : Math.max(...accuracies),
      trainingExamples: examples.length === 0 ? undefined : meanOf(examples),
    };
  });
}

/** The method's own rows on its own test set, without what it is compared with in the run. */
function ownRows({ rows, config }: ReportedRun): ReportedRun['rows'] {
  const { title } = recipeFacts(config);
  return rows.filter(
    ({ method, iteration, testSet }) =>
      testSet === undefined &&
      (iteration > 0 ? method === `${title} ${iteration}` || method === title : method === 'SFT'),
  );
}

function examplesOf({ iterations }: ReportedRun, iteration: number): number[] {
  const counts = iterations.find((one) => one.iteration === iteration);
  return counts === undefined || counts.trainingExamples === 0 ? [] : [counts.trainingExamples];
}
