import type { DataTable } from '@sipf/figures';
import { iterationCharts, starChart } from '../charts/iteration-charts.ts';
import { lambdaChart } from '../charts/lambda-chart.ts';
import { logProbCharts } from '../charts/log-prob-charts.ts';
import type { NamedFigure } from '../charts/named-figure.ts';
import { accuracyGroups } from '../runs/accuracy-groups.ts';
import { methodSeries } from '../runs/method-series.ts';
import type { ReportedRun } from '../runs/reported-run.ts';
import { verifierGroups } from '../runs/verifier-groups.ts';
import { ablationTable, hasAblation } from '../tables/ablation-table.ts';
import { accuracyTable } from '../tables/accuracy-table.ts';
import { dataCountsTable, trainingExamplesTable } from '../tables/data-tables.ts';
import { verifierTable } from '../tables/verifier-table.ts';
import type { Block, Section } from './report.ts';

/** Tables 1-2 and figure 4. */
export function accuracySection(runs: readonly ReportedRun[]): Section {
  const groups = accuracyGroups(runs);
  const isInDomain = groups.every(({ testSet }) => testSet === '');
  const blocks: Block[] =
    groups.length === 0
      ? [missing('Accuracy', 'no run has come to its end: `sipf resume RUN`')]
      : [{ kind: 'table', table: accuracyTable(groups) }];
  if (groups.length > 0 && isInDomain) {
    blocks.push(missing('Accuracy out of domain', 'the setting `evaluation.outOfDomain`'));
  }
  const charts = iterationCharts(methodSeries(runs)).filter(({ name }) => name === 'figure-4-accuracy');
  blocks.push(...orMissing(charts, 'Figure 4, accuracy over the iterations', 'sipf run --set method=sipf'));
  return { id: 'accuracy', title: 'Accuracy', blocks };
}

/** Table 4 and figures 3, 6 and 7. */
export function methodSections(runs: readonly ReportedRun[]): Section[] {
  const ablation = ablationTable(accuracyGroups(runs));
  return [
    {
      id: 'ablation',
      title: 'Ablation',
      blocks: ablationBlocks(ablation),
    },
    {
      id: 'log-probabilities',
      title: 'Chosen and rejected paths in training',
      blocks: orMissing(logProbCharts(runs), 'Figure 3', 'sipf run --set method=sipf'),
    },
    {
      id: 'lambda',
      title: 'Weight of the odds-ratio term',
      blocks: orMissing(
        lambdaChart(runs),
        'Figure 6',
        'sipf experiment --methods sipf --vary alignment.lambda=0.01,0.1,1',
      ),
    },
    {
      id: 'star',
      title: 'STaR',
      blocks: orMissing(starChart(methodSeries(runs)), 'Figure 7', 'sipf experiment --methods star'),
    },
  ];
}

function ablationBlocks(table: DataTable): Block[] {
  const empty = table.rows.filter((row) => row.length === 1).map(([name]) => String(name));
  const methods = 'sipf,sipf-without-process,sipf-without-odds-ratio,sipf-without-both';
  const how = `\`sipf experiment --methods ${methods}\``;
  if (!hasAblation(table)) return [missing('Table 4', how)];
  const rows = empty.length === 0 ? [] : [missing(`SIPF ${empty.join(', ')}`, how)];
  return [{ kind: 'table', table }, ...rows];
}

/** Table 3. */
export function verifierSection(runs: readonly ReportedRun[]): Section {
  const table = verifierTable(verifierGroups(runs));
  const blocks: Block[] = table.rows.length > 0 ? [{ kind: 'table', table }] : [];
  if (blocks.length === 0) {
    const how = 'a run on the arithmetic task, whose every step has an exact label; or, with labelled data, ';
    blocks.push(missing('Table 3', `${how}\`sipf verifier evaluate --data FILE\``));
  } else {
    const kinds = new Set(table.rows.map(([kind]) => kind));
    if (kinds.size < 2) {
      blocks.push(missing('The other kind of verifier', '`sipf experiment --methods sipf,sipf-orm`'));
    }
  }
  const warnings = runs.flatMap(({ id, warnings = [] }) => warnings.map((warning) => `${id}: ${warning}.`));
  blocks.push(...warnings.map((text): Block => ({ kind: 'text', text: `Warning: ${text}` })));
  return { id: 'verifier', title: 'Verifier', blocks };
}

/** Tables 6-7, and the counts behind figure 4. */
export function dataSection(runs: readonly ReportedRun[]): Section {
  const series = methodSeries(runs);
  const charts = iterationCharts(series).filter(({ name }) => name === 'figure-4-examples');
  const counts = dataCountsTable(runs);
  const blocks: Block[] =
    series.length === 0
      ? [missing('Tables 6-7', '`sipf run --set method=sipf`')]
      : [{ kind: 'table', table: trainingExamplesTable(series) }];
  blocks.push(...charts.map((figure): Block => ({ kind: 'figure', figure })));
  if (counts.rows.length > 0) blocks.push({ kind: 'table', table: counts });
  return { id: 'data', title: 'Data', blocks };
}

function orMissing(figures: readonly NamedFigure[], what: string, call: string): Block[] {
  if (figures.length === 0) return [missing(what, `\`${call}\``)];
  return figures.map((figure) => ({ kind: 'figure', figure }));
}

function missing(what: string, how: string): Block {
  return { kind: 'missing', what, how };
}
