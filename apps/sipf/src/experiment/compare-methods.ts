import { bootstrapDifference, mcNemarExact, type McNemar, type PairedAnswer } from '@sipf/method';
import { createRng } from '@sipf/random';
import { type ResultRow, TEST, VALIDATION } from '@sipf/runs';
import type { Outcomes, RunResults } from './read-results.ts';
import { lastRows, type SeedFigure, type SummaryRow } from './summarise.ts';

/** Two methods on the same questions. */
export interface Comparison {
  readonly first: string;
  readonly second: string;
  readonly dataset: string;
  /** Accuracy of the first less that of the second, over all seeds that both have. */
  readonly difference: number;
  /** Ends of the 95 % interval by bootstrap over the questions. */
  readonly low: number;
  readonly high: number;
  /** McNemar's exact test, for each seed alone. */
  readonly seeds: readonly (McNemar & { readonly seed: number })[];
}

/** What others are compared with: the start, the same start trained for longer, and the method itself. */
const REFERENCES: readonly string[] = ['sft', 'sft-continued', 'sipf'];

/**
 * The last model of every method against that of SFT, of SFT continued and of SIPF, on every data set but the one that
 * settings are chosen by.
 * @param summary one variant a method
 */
export async function compareMethods(
  summary: readonly SummaryRow[],
  results: readonly RunResults[],
  outcomesOf: (row: ResultRow) => Promise<Outcomes>,
): Promise<Comparison[]> {
  const dataSets = [...new Set(summary.map(({ dataset }) => dataset))].filter((name) => name !== VALIDATION);
  const comparisons: Comparison[] = [];
  for (const dataset of dataSets) {
    const last = lastRows(summary, dataset);
    const references = referencesOf(last);
    for (const second of references) {
      for (const first of last) {
        if (first === second || isCompared(comparisons, { first, second, dataset })) continue;
        const compared = await compare(first, second, { results, outcomesOf });
        if (compared !== undefined) comparisons.push(compared);
      }
    }
  }
  return comparisons;
}

/** Of a method with several settings the configuration as it is, or each of them where none is that. */
function referencesOf(last: readonly SummaryRow[]): SummaryRow[] {
  return REFERENCES.flatMap((name) => {
    const variants = last.filter(({ recipe }) => recipe === name);
    const asItIs = variants.filter(({ vary }) => Object.keys(vary).length === 0);
    return asItIs.length > 0 ? asItIs : variants;
  });
}

function isCompared(
  comparisons: readonly Comparison[],
  {
    first,
    second,
    dataset,
  }: { readonly first: SummaryRow; readonly second: SummaryRow; readonly dataset: string },
): boolean {
  return comparisons.some(
    (known) => known.dataset === dataset && known.first === second.name && known.second === first.name,
  );
}

interface Evidence {
  readonly results: readonly RunResults[];
  readonly outcomesOf: (row: ResultRow) => Promise<Outcomes>;
}

/** Undefined where no seed has both. */
async function compare(
  first: SummaryRow,
  second: SummaryRow,
  evidence: Evidence,
): Promise<Comparison | undefined> {
  const seeds: { seed: number; answers: PairedAnswer[] }[] = [];
  for (const figure of first.seeds) {
    const other = second.seeds.find(({ seed }) => seed === figure.seed);
    if (other === undefined) continue;
    const answers = await pairedAnswers(figure, other, evidence);
    if (answers.length > 0) seeds.push({ seed: figure.seed, answers });
  }
  if (seeds.length === 0) return undefined;
  const rng = createRng(`${first.dataset}/${first.name}/${second.name}`);
  return {
    first: first.name,
    second: second.name,
    dataset: first.dataset,
    ...bootstrapDifference(
      seeds.flatMap(({ answers }) => answers),
      rng,
    ),
    seeds: seeds.map(({ seed, answers }) => ({ seed, ...mcNemarExact(answers) })),
  };
}

/** The questions of both, named by their data set's content: the same file's questions come again with every seed. */
async function pairedAnswers(
  first: SeedFigure,
  second: SeedFigure,
  { results, outcomesOf }: Evidence,
): Promise<PairedAnswer[]> {
  const [own, other] = [await outcomesOf(first.row), await outcomesOf(second.row)];
  const sets = results.find(({ run }) => run.run === first.run)?.dataSets ?? {};
  const name = sets[first.row.dataset] ?? `${first.seed}/${TEST}`;
  return [...own].flatMap(([id, right]) => {
    const against = other.get(id);
    return against === undefined ? [] : [{ question: `${name}/${id}`, first: right, second: against }];
  });
}
