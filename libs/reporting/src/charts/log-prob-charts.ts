import { lineChart, ticksOver, type ChartLine } from '@sipf/figures';
import type { StepMetrics } from '@sipf/runs';
import { meanOf } from '../runs/accuracy-groups.ts';
import { recipeFacts } from '../runs/recipe-facts.ts';
import type { ReportedRun } from '../runs/reported-run.ts';
import { variantsOf } from '../runs/variants.ts';
import type { NamedFigure } from './named-figure.ts';

const CHOSEN = 'logps/chosen';
const REJECTED = 'logps/rejected';
/** A line has at most so many points, each the mean of its neighbours: single batches say little. */
const MOST_POINTS = 40;

/** Figure 3: log-probability of chosen and rejected paths while a policy is trained, a chart for each method. */
export function logProbCharts(runs: readonly ReportedRun[]): NamedFigure[] {
  const variants = variantsOf(runs);
  const drawn = new Set<string>();
  return runs.flatMap((run) => {
    const { title, feedback, loss } = recipeFacts(run.config);
    const variant = variants.get(run.id) ?? '';
    const stages = stagesWithPairs(run);
    const name = [title, variant].filter((part) => part !== '').join(', ');
    // One seed stands for its method: curves of several are not a mean that anybody saw.
    if (stages.length === 0 || drawn.has(name)) return [];
    drawn.add(name);
    return [
      {
        name: `figure-3-${run.id}`,
        caption: `${name}: ${feedback} feedback, ${loss} loss; run ${run.id}. Each point is the mean of its batches.`,
        svg: chartOf(name, stages, loss === 'dpo' || loss === 'rpo'),
      },
    ];
  });
}

interface StageCurve {
  readonly iteration: number;
  readonly points: readonly StepMetrics[];
}

function stagesWithPairs({ stages, curves }: ReportedRun): StageCurve[] {
  return stages.flatMap(({ id, iteration }) => {
    const points = (curves.get(id) ?? []).filter(({ values }) => CHOSEN in values && REJECTED in values);
    return points.length < 2 ? [] : [{ iteration, points }];
  });
}

function chartOf(name: string, stages: readonly StageCurve[], isSum: boolean): string {
  const lines = stages.flatMap(({ iteration, points }, series): ChartLine[] => [
    { name: `chosen, iteration ${iteration}`, points: smoothed(points, CHOSEN), series },
    { name: `rejected, iteration ${iteration}`, points: smoothed(points, REJECTED), series, isDashed: true },
  ]);
  const all = lines.flatMap(({ points }) => points);
  return lineChart({
    title: `Chosen and rejected: ${name}`,
    xLabel: 'training step',
    yLabel: isSum ? 'log-probability of a path (nats)' : 'mean log-probability of a token (nats)',
    xTicks: ticksOver([0, ...all.map(({ x }) => x)]),
    yTicks: ticksOver(all.map(({ y }) => y)),
    lines,
  });
}

function smoothed(points: readonly StepMetrics[], metric: string): { x: number; y: number }[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const some = points.slice(index * size, (index + 1) * size);
    return {
      x: meanOf(some.map(({ step }) => step)),
      y: meanOf(some.map(({ values }) => values[metric] ?? NaN)),
    };
  });
}
