import { dataTableMarkdown, percent, stackedBars, type Cell, type DataTable } from '@sipf/figures';
import type { Contests } from './contests.ts';
import { dimensions } from './dimensions.ts';
import type { Tally } from './tally.ts';

/** Two methods, compared by a judge. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly judge: string;
  /** Questions that were not asked, and why. */
  readonly leftOut: Omit<Contests, 'asked'>;
  readonly tally: Tally;
}

/** Figure 5's numbers. */
export function comparisonTable({ a, b, tally }: Comparison): DataTable {
  return {
    id: 'comparison',
    title: `${a} against ${b}`,
    columns: [
      { key: 'dimension', title: 'dimension' },
      { key: 'a', title: `${a} better`, format: 'count' },
      { key: 'b', title: `${b} better`, format: 'count' },
      { key: 'ties', title: 'ties', format: 'count' },
      { key: 'inconsistent', title: 'inconsistent', format: 'count' },
      { key: 'unread', title: 'unread', format: 'count' },
      { key: 'win_rate', title: `${a} of decided`, format: 'percent' },
      { key: 'low', title: 'low', format: 'percent' },
      { key: 'high', title: 'high', format: 'percent' },
    ],
    rows: tally.dimensions.map((one): Cell[] => [
      ...[one.dimension, one.a, one.b, one.ties, one.inconsistent, one.unread],
      ...[one.winRate?.share, one.winRate?.low, one.winRate?.high],
    ]),
    note: 'A method is better where the judge says so in both orders; inconsistent: the orders disagree. Wilson 95 % intervals.',
  };
}

/** Figure 5. */
export function comparisonFigure({ a, b, tally }: Comparison): string {
  return stackedBars({
    title: `${a} against ${b}`,
    parts: [`${a} better`, `${b} better`, 'tie', 'inconsistent', 'unread'],
    bars: tally.dimensions.map((one) => ({
      name: one.dimension,
      values: [one.a, one.b, one.ties, one.inconsistent, one.unread],
    })),
  });
}

/** Notes for readers of the numbers: the judge, what it compared, its bias for the first text, what was left out. */
export function comparisonFacts({ judge, leftOut, tally }: Comparison): [judged: string, leftOut: string] {
  const { bothWrong, identical, unmatched } = leftOut;
  const share = tally.firstShare;
  const bias =
    share === undefined
      ? ''
      : ` It preferred the solution shown first in ${percent(share)} of its decided verdicts (50 % without a bias).`;
  return [
    `Judge: ${judge}. ${tally.questions} questions, each asked in both orders.${bias}`,
    `Left out: ${bothWrong} that both get wrong, ${identical} that both ` +
      `answer with the same text, ${unmatched} without a judged answer of both.`,
  ];
}

/** The comparison for people. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { a, b } = comparison;
  const table = comparisonTable(comparison);
  return [
    `# ${a} against ${b}`,
    ...comparisonFacts(comparison),
    dataTableMarkdown(table),
    table.note ?? '',
    '![Shares of verdicts by dimension](figure-5.svg)',
    Object.entries(dimensions)
      .map(([name, meaning]) => `- ${name}: ${meaning}`)
      .join('\n'),
    '',
  ].join('\n\n');
}
