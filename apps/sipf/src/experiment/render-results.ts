import { csv, markdownTable, percent, points } from '@sipf/figures';
import { mean } from '@sipf/method';
import { TEST, VALIDATION } from '@sipf/runs';
import { chosenRows } from './choose-variants.ts';
import type { Comparison } from './compare-methods.ts';
import { describeVariant } from './describe-variant.ts';
import type { ExperimentResults } from './experiment-results.ts';
import type { SummaryRow } from './summarise.ts';

/** The results as Markdown tables for people. */
export function renderMarkdown(results: ExperimentResults): string {
  const { id, rows, chosen, comparisons, missing } = results;
  const main = chosenRows(rows, chosen);
  const dataSets = [...new Set(main.map(({ dataset }) => dataset))];
  const lines = [
    `# ${id}`,
    '',
    ...dataSets.flatMap((dataset) => accuracySection(main, dataset)),
    ...choiceSection(results),
    ...variantSection(rows),
    ...comparisonSection(comparisons),
    ...(missing.length === 0 ? [] : [`Without results: ${missing.join(', ')}.`, '']),
  ];
  return lines.join('\n');
}

/** Every accuracy, a line a method, iteration, data set, variant and seed, for programs that read tables. */
export function renderCsv({ rows }: ExperimentResults): string {
  const header = ['method', 'recipe', 'iteration', 'dataset', 'vary', 'seed', 'run'];
  const figures = ['correct', 'total', 'accuracy', 'low', 'high', 'flexible_correct', 'whole_path_accuracy'];
  const lines = rows.flatMap((row) =>
    row.seeds.map(({ seed, run, row: one }) => [
      ...[row.method, row.recipe, row.iteration, row.dataset, describeVariant(row.vary), seed, run],
      ...[one.correct, one.total, one.accuracy, one.low, one.high],
      ...[one.flexibleCorrect, one.wholePathAccuracy],
    ]),
  );
  return csv([[...header, ...figures], ...lines], '\n');
}

function accuracySection(rows: readonly SummaryRow[], dataset: string): string[] {
  const own = rows.filter((row) => row.dataset === dataset);
  const seeds = seedsOf(own);
  const header = ['method', ...seeds.map((seed) => `seed ${seed}`), 'mean', 'sd', ...pathHeader(own)];
  const lines = own.map((row) => [row.name, ...accuracies(row, seeds), ...pathCells(own, row)]);
  return [`Greedy accuracy on the ${dataset} questions.`, '', markdownTable(header, lines), ''];
}

/** The share of answers whose every step is right, where a task can check steps. */
function pathHeader(rows: readonly SummaryRow[]): string[] {
  return rows.some(countsWholePaths) ? ['whole path right'] : [];
}

function pathCells(rows: readonly SummaryRow[], row: SummaryRow): string[] {
  if (!rows.some(countsWholePaths)) return [];
  const shares = row.seeds.map((figure) => figure.row.wholePathAccuracy ?? 0);
  return [percent(mean(shares))];
}

function countsWholePaths({ seeds }: SummaryRow): boolean {
  return seeds.some(({ row }) => row.wholePathAccuracy !== undefined);
}

function accuracies(row: SummaryRow, seeds: readonly number[]): string[] {
  const bySeed = new Map(row.seeds.map((figure) => [figure.seed, figure.row.accuracy]));
  return [
    ...[...seeds.map((seed) => bySeed.get(seed)), row.mean, row.deviation].map((share) =>
      share === undefined ? '' : percent(share),
    ),
  ];
}

function choiceSection({ chosen }: ExperimentResults): string[] {
  if (chosen.length === 0) return [];
  const lines = chosen.map(({ recipe, vary, validation }) => [
    recipe,
    describeVariant(vary),
    percent(validation),
  ]);
  return [
    'Chosen by mean accuracy on the validation questions, which no model was trained on and the test does not contain.',
    '',
    markdownTable(['method', 'setting', 'validation'], lines),
    '',
  ];
}

/** Sweeps, e.g. of lambda (figure 6): every variant on the test and on the validation questions. */
function variantSection(rows: readonly SummaryRow[]): string[] {
  const varied = rows.filter(({ vary }) => Object.keys(vary).length > 0);
  if (varied.length === 0) return [];
  const seeds = seedsOf(varied);
  const shown = varied.filter(({ dataset }) => dataset === TEST || dataset === VALIDATION);
  const lines = shown.map((row) => [
    row.method,
    describeVariant(row.vary),
    row.dataset,
    ...accuracies(row, seeds),
  ]);
  const header = ['method', 'setting', 'questions', ...seeds.map((seed) => `seed ${seed}`), 'mean', 'sd'];
  return ['Every setting that was tried.', '', markdownTable(header, lines), ''];
}

function comparisonSection(comparisons: readonly Comparison[]): string[] {
  if (comparisons.length === 0) return [];
  const lines = comparisons.map(({ first, second, dataset, difference, low, high, seeds }) => [
    `${first} - ${second}`,
    dataset,
    points(difference),
    `${points(low)} to ${points(high)}`,
    seeds.map(({ onlyFirst, onlySecond }) => `${onlyFirst} : ${onlySecond}`).join(', '),
    seeds.map(({ pValue }) => (pValue < 0.001 ? '< 0.001' : pValue.toFixed(3))).join(', '),
  ]);
  const header = ['difference', 'questions', 'points', '95 % interval', 'right alone, by seed', 'p, by seed'];
  return [
    "Last models, question by question: bootstrap over questions, and McNemar's exact test for each seed alone.",
    '',
    markdownTable(header, lines),
    '',
  ];
}

function seedsOf(rows: readonly SummaryRow[]): number[] {
  return [...new Set(rows.flatMap(({ seeds }) => seeds.map(({ seed }) => seed)))].sort((a, b) => a - b);
}
