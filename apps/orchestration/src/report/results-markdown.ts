import type { RunConfig } from '@sipf/contracts';
import { markdownTable, percent } from '@sipf/figures';
import {
  differenceOf,
  type IterationCounts,
  nameOfProgram,
  type Program,
  type ResultRow,
  type Results,
} from '@sipf/runs';

/** The run whose results they are. */
export interface RenderedRun {
  readonly runId: string;
  readonly config: RunConfig;
  readonly programs: readonly Program[];
  /** What its problems are called. */
  readonly title: string;
}

/** The results as Markdown tables for people. */
export function renderResults({ runId, config, programs, title }: RenderedRun, results: Results): string {
  const task = `${title}, seed ${config.seed}`;
  return [
    `# ${runId}`,
    '',
    ...otherCode(programs),
    ...enginesOf(results),
    ...(results.warnings ?? []).flatMap((warning) => [`**Warning:** ${warning}.`, '']),
    ...[...Map.groupBy(results.rows, ({ dataset }) => dataset)].flatMap(([dataset, rows]) => [
      `Greedy accuracy on ${rows[0]?.total ?? 0} ${dataset} problems of ${task}; Wilson 95 % intervals.`,
      '',
      accuracyTable(rows),
      '',
    ]),
    ...sampledTable(results.rows),
    '## Data per iteration',
    '',
    countsTable(results.iterations),
    '',
  ].join('\n');
}

/** What computed stages that our own engine did not, a line for each of them. */
function enginesOf({ engines = {} }: Results): string[] {
  const words = Object.entries(engines).map(([stage, { kind, version, precision }]) => ({
    stage,
    by: [kind, version, precision].filter((word) => word !== '').join(' '),
  }));
  const lines = [...Map.groupBy(words, ({ by }) => by)].map(
    ([by, stages]) => `- ${by}: ${stages.map(({ stage }) => stage).join(', ')}`,
  );
  return lines.length === 0 ? [] : ['Computed by other engines than our own:', '', ...lines, ''];
}

/** Results that several program versions made are marked as such. */
function otherCode(programs: readonly Program[]): string[] {
  if (programs.length < 2) return [];
  const names = programs.map(nameOfProgram);
  const differences = programs
    .slice(1)
    .map((program, index) => differenceOf(programs[index] ?? program, program));
  return [
    `**Computed by more than one program:** begun by ${names[0] ?? ''}, ` +
      `resumed by ${names.slice(1).join(', then ')} (${differences.join('; ')}).`,
    '',
  ];
}

function accuracyTable(rows: readonly ResultRow[]): string {
  const withPaths = rows.some(({ wholePathAccuracy }) => wholePathAccuracy !== undefined);
  const withFlexible = rows.some(({ flexibleCorrect }) => flexibleCorrect !== undefined);
  const header = [
    'method',
    'accuracy',
    '95 % interval',
    'right',
    ...(withFlexible ? ['flexible'] : []),
    ...(withPaths ? ['whole path right'] : []),
  ];
  return markdownTable(
    header,
    rows.map((row) => [
      row.method,
      percent(row.accuracy),
      `${percent(row.low)} - ${percent(row.high)}`,
      `${row.correct} / ${row.total}`,
      ...(withFlexible ? [percent((row.flexibleCorrect ?? 0) / row.total)] : []),
      ...(withPaths ? [percent(row.wholePathAccuracy ?? 0)] : []),
    ]),
  );
}

/** Pass@k, majority and best of k, where they were measured. */
function sampledTable(rows: readonly ResultRow[]): string[] {
  const names = [...new Set(rows.flatMap(({ sampled = {} }) => Object.keys(sampled)))];
  if (names.length === 0) return [];
  const lines = rows
    .filter(({ sampled }) => sampled !== undefined)
    .map(({ method, sampled }) => [
      method,
      ...names.map((name) => (sampled?.[name] === undefined ? '' : percent(sampled[name]))),
    ]);
  return ['Several samples a question:', '', markdownTable(['method', ...names], lines), ''];
}

/** What tables 6-7 count, and how good labels and verifier were where the task can check steps. */
const COLUMNS = [
  ['drawn', 'sample.drawn'],
  ['unique', 'sample.unique'],
  ['right', 'sample.positive'],
  ['wrong', 'sample.negative'],
  ['labelled steps', 'label.steps'],
  ['own paths kept', 'filter.paths'],
  ['new pairs', 'pair.latest'],
] as const;
const SHARES = [
  ['label accuracy', 'label.labelAccuracy'],
  ['verifier step accuracy', 'score.stepAccuracy'],
] as const;

function countsTable(iterations: readonly IterationCounts[]): string {
  const shares = SHARES.filter(([, key]) => iterations.some(({ figures }) => figures[key] !== undefined));
  return markdownTable(
    ['iteration', 'training examples', ...COLUMNS.map(([title]) => title), ...shares.map(([title]) => title)],
    iterations.map(({ iteration, trainingExamples, counts, figures }) => [
      String(iteration),
      String(trainingExamples),
      ...COLUMNS.map(([, key]) => counts[key]?.toString() ?? ''),
      ...shares.map(([, key]) => (figures[key] === undefined ? '' : percent(figures[key]))),
    ]),
  );
}
