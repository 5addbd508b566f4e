import { distinctTicks, lineChart, ticksOver, type ChartLine } from '@sipf/figures';
import type { MethodSeries, SeriesPoint } from '../runs/method-series.ts';
import type { NamedFigure } from './named-figure.ts';
import { shareTicks } from './share-ticks.ts';

/** Figure 4: accuracy and numbers of training examples over the iterations. */
export function iterationCharts(series: readonly MethodSeries[]): NamedFigure[] {
  if (series.length === 0) return [];
  return [accuracyChart(series), ...countChart(series)];
}

/** Figure 7: how STaR converges. */
export function starChart(series: readonly MethodSeries[]): NamedFigure[] {
  const own = series.filter(({ facts }) => facts.name === 'star');
  if (own.length === 0) return [];
  const chart = accuracyChart(own);
  return [{ ...chart, name: 'figure-7-star', caption: 'STaR over its iterations.' }];
}

function accuracyChart(series: readonly MethodSeries[]): NamedFigure {
  const lines = series.map(({ label, points }): ChartLine => ({
    name: label,
    points: points.map(({ iteration, accuracy, low, high }) => ({ x: iteration, y: accuracy, low, high })),
  }));
  const all = series.flatMap(({ points }) => points);
  return {
    name: 'figure-4-accuracy',
    caption: 'Accuracy over the iterations; iteration 0 is the model that the loop starts from.',
    svg: lineChart({
      title: 'Accuracy over the iterations',
      xLabel: 'iteration',
      yLabel: 'accuracy',
      xTicks: iterationTicks(all),
      yTicks: shareTicks(all.flatMap(({ low, high }) => [low, high])),
      lines,
    }),
  };
}

function countChart(series: readonly MethodSeries[]): NamedFigure[] {
  const lines = series.map(({ label, points }): ChartLine => ({
    name: label,
    points: points.flatMap(({ iteration, trainingExamples }) =>
      trainingExamples === undefined ? [] : [{ x: iteration, y: trainingExamples }],
    ),
  }));
  const all = series.flatMap(({ points }) => points);
  if (lines.every(({ points }) => points.length < 2)) return [];
  return [
    {
      name: 'figure-4-examples',
      caption: 'Training examples over the iterations: D_0, then what each alignment was trained on.',
      svg: lineChart({
        title: 'Training examples over the iterations',
        xLabel: 'iteration',
        yLabel: 'examples',
        xTicks: iterationTicks(all),
        yTicks: ticksOver([0, ...all.flatMap(({ trainingExamples }) => trainingExamples ?? [])]),
        lines,
      }),
    },
  ];
}

function iterationTicks(points: readonly SeriesPoint[]): number[] {
  return distinctTicks(points.map(({ iteration }) => iteration));
}
