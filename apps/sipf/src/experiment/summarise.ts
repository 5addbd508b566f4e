import { mean, recipes } from '@sipf/method';
import type { ResultRow } from '@sipf/runs';
import { rowName } from './describe-variant.ts';
import type { RunResults } from './read-results.ts';

/** One run's figure in a row of the summary. */
export interface SeedFigure {
  readonly seed: number;
  readonly run: string;
  readonly row: ResultRow;
}

/** A row of the experiment's table: one method at one iteration on one data set, over the seeds. */
export interface SummaryRow {
  /** Distinguishes it from the rows of other methods, iterations and variants, e.g. `SIPF 2 (alignment.lambda=0.1)`. */
  readonly name: string;
  /** The recipe's name. */
  readonly recipe: string;
  /** E.g. `SIPF 2`. */
  readonly method: string;
  readonly iteration: number;
  readonly dataset: string;
  readonly vary: Readonly<Record<string, unknown>>;
  readonly seeds: readonly SeedFigure[];
  /** Mean accuracy over the seeds. */
  readonly mean: number;
  /** Standard deviation over the seeds (n - 1); absent for one seed. */
  readonly deviation?: number;
}

/**
 * The rows of all runs by method, iteration, data set and variant, in the order of the results table. What several runs
 * share, as the model that they all start from, is one row.
 */
export function summarise(results: readonly RunResults[]): SummaryRow[] {
  const entries = results.flatMap(({ run, rows }) => rows.map((row) => ({ run, row })));
  const groups = Map.groupBy(entries, ({ row }) => JSON.stringify([row.method, row.iteration, row.dataset]));
  const summary = [...groups.values()].flatMap((group) => {
    const models = new Map<number, Set<string>>();
    for (const { run, row } of group)
      models.set(run.seed, (models.get(run.seed) ?? new Set()).add(row.model));
    const isOneModel = [...models.values()].every(({ size }) => size === 1);
    const variants = Map.groupBy(group, ({ run }) => (isOneModel ? '' : JSON.stringify(run.vary)));
    return [...variants.values()].map((variant) => summaryRow(variant, isOneModel));
  });
  const order = [...recipes.keys()];
  return summary.sort(
    (a, b) => order.indexOf(a.recipe) - order.indexOf(b.recipe) || a.iteration - b.iteration,
  );
}

type Entry = { readonly run: RunResults['run']; readonly row: ResultRow };

function summaryRow(entries: readonly Entry[], isOneModel: boolean): SummaryRow {
  const bySeed = new Map<number, SeedFigure>();
  for (const { run, row } of entries) {
    if (!bySeed.has(run.seed)) bySeed.set(run.seed, { seed: run.seed, run: run.run, row });
  }
  const seeds = [...bySeed.values()].sort((a, b) => a.seed - b.seed);
  const [{ run, row }] = entries as [Entry];
  const accuracies = seeds.map((figure) => figure.row.accuracy);
  const vary = isOneModel ? {} : run.vary;
  return {
    name: rowName(row.method, vary),
    recipe: recipeOfRow(run.method, row),
    method: row.method,
    iteration: row.iteration,
    dataset: row.dataset,
    vary,
    seeds,
    mean: mean(accuracies),
    ...(accuracies.length > 1 ? { deviation: standardDeviation(accuracies) } : {}),
  };
}

/** The start of every loop is the row of SFT, whichever method's run has it. */
function recipeOfRow(method: string, { method: title }: ResultRow): string {
  const own = [...recipes.values()].find((recipe) => recipe.title === title);
  return own?.name ?? method;
}

/** The last row of every method and variant on a data set: what methods are compared by. */
export function lastRows(summary: readonly SummaryRow[], dataset: string): SummaryRow[] {
  const own = summary.filter((row) => row.dataset === dataset);
  const groups = Map.groupBy(own, ({ recipe, vary }) => JSON.stringify([recipe, vary]));
  return [...groups.values()].map((group) =>
    group.reduce((last, row) => (row.iteration >= last.iteration ? row : last)),
  );
}

function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
