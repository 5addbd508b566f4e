import { distinctTicks, lineChart, type ChartLine } from '@sipf/figures';
import { meanOf } from '../runs/accuracy-groups.ts';
import { recipeFacts } from '../runs/recipe-facts.ts';
import type { AccuracyRow, ReportedRun } from '../runs/reported-run.ts';
import type { NamedFigure } from './named-figure.ts';
import { shareTicks } from './share-ticks.ts';

interface SweepPoint extends AccuracyRow {
  readonly lambda: number;
}

/** Figure 6: accuracy against the weight of the odds-ratio term, a line for each model; none without two weights. */
export function lambdaChart(runs: readonly ReportedRun[]): NamedFigure[] {
  const points = runs.flatMap(pointsOf);
  if (new Set(points.map(({ lambda }) => lambda)).size < 2) return [];
  const lines = [...Map.groupBy(points, ({ method }) => method)].map(([name, some]) => lineOf(name, some));
  const all = lines.flatMap(({ points: drawn }) => drawn);
  return [
    {
      name: 'figure-6-lambda',
      caption:
        'Accuracy against lambda, the weight of the odds-ratio term; means over seeds where there are several.',
      svg: lineChart({
        title: 'Weight of the odds-ratio term',
        xLabel: 'lambda',
        yLabel: 'accuracy',
        xTicks: distinctTicks(points.map(({ lambda }) => lambda)),
        yTicks: shareTicks(all.flatMap(({ y, low = y, high = y }) => [low, high])),
        isOrdinal: true,
        lines,
      }),
    },
  ];
}

function pointsOf({ config, rows }: ReportedRun): SweepPoint[] {
  const lambda = config.alignment?.lambda;
  if (lambda === undefined || recipeFacts(config).loss !== 'orpo') return [];
  return rows
    .filter(({ iteration, testSet }) => iteration > 0 && testSet === undefined)
    .map((row) => ({ ...row, lambda }));
}

function lineOf(name: string, points: readonly SweepPoint[]): ChartLine {
  const byLambda = [...Map.groupBy(points, ({ lambda }) => lambda)].sort(([a], [b]) => a - b);
  return {
    name,
    points: byLambda.map(([x, some]) => {
      const [only] = some;
      const y = meanOf(some.map(({ accuracy }) => accuracy));
      return some.length === 1 && only !== undefined ? { x, y, low: only.low, high: only.high } : { x, y };
    }),
  };
}
