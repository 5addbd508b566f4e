import type { StageCurves } from '../../api/model.ts';
import type { ChartData, Line } from './chart.tsx';

/** Metrics that share a chart, by the chart's title; any other has its own chart. */
const TOGETHER: readonly (readonly [string, readonly string[]])[] = [
  ['log-probability of chosen and rejected', ['logps/chosen', 'logps/rejected']],
  ['rewards of chosen and rejected', ['rewards/chosen', 'rewards/rejected']],
  ['accuracy', ['mean_token_accuracy', 'accuracy', 'rewards/accuracies']],
];
/** Metrics not worth a chart. */
const LEFT_OUT: ReadonlySet<string> = new Set(['epoch']);
/** The charts that people look at first. */
const FIRST = ['loss', 'nll_loss', ...TOGETHER.flatMap(([, names]) => names)];

/** The charts of one stage. */
export function chartsOf({ steps, curves }: StageCurves): ChartData[] {
  const shown = curves
    .filter(({ name }) => !LEFT_OUT.has(name))
    .toSorted((a, b) => rankOf(a.name) - rankOf(b.name));
  const groups = Map.groupBy(shown, ({ name }) => titleOf(name));
  return [...groups].map(([title, lines]) => ({ title, x: steps, lines }));
}

/** The charts of one stage, several runs overlaid, with the run's name at every line. */
export function overlaidCharts(
  runs: readonly { readonly run: string; readonly curves: StageCurves }[],
): ChartData[] {
  const titles = [...new Set(runs.flatMap(({ curves }) => chartsOf(curves).map(({ title }) => title)))];
  return titles.map((title) => {
    const own = runs.flatMap(({ run, curves }) =>
      chartsOf(curves)
        .filter((chart) => chart.title === title)
        .map((chart) => ({ run, ...chart })),
    );
    const x = [...new Set(own.flatMap((chart) => chart.x))].sort((a, b) => a - b);
    const lines = own.flatMap((chart) =>
      chart.lines.map((line) => spread({ ...line, name: `${chart.run} ${line.name}` }, chart.x, x)),
    );
    return { title, x, lines };
  });
}

/** A line over the steps of another chart; null where it has none. Bands are left out: they would hide each other. */
function spread({ name, mean }: Line, from: readonly number[], to: readonly number[]): Line {
  const at = new Map(from.map((step, index) => [step, mean[index] ?? null]));
  return { name, mean: to.map((step) => at.get(step) ?? null), low: [], high: [] };
}

function titleOf(name: string): string {
  return TOGETHER.find(([, names]) => names.includes(name))?.[0] ?? name.replaceAll('_', ' ');
}

function rankOf(name: string): number {
  const index = FIRST.indexOf(name);
  return index === -1 ? FIRST.length : index;
}
