import type { browse } from '@sipf/contracts';
import { mean } from '@sipf/method';
import type { StageMetrics } from './metrics-reader.ts';

/**
 * A stage's curves in at most `maxPoints` points. A point stands for as many steps as every other one (the last for what
 * is left) and carries their mean and extremes, so that no spike disappears.
 */
export function thinOut(
  stage: string,
  { steps, series }: StageMetrics,
  maxPoints: number,
): browse.StreamCurvesResponse {
  const width = Math.ceil(steps.length / maxPoints);
  const starts = Array.from({ length: Math.ceil(steps.length / Math.max(width, 1)) }, (_, at) => at * width);
  const points = starts.map((start) => [start, Math.min(start + width, steps.length)] as const);
  return {
    stage,
    steps: points.map(([, end]) => steps[end - 1] ?? 0),
    curves: [...series].map(([name, values]) => curveOf(name, values, points)),
    recordedSteps: BigInt(steps.length),
  };
}

function curveOf(
  name: string,
  values: readonly number[],
  points: readonly (readonly [number, number])[],
): browse.Curve {
  const isExact = points.every(([start, end]) => end - start === 1);
  if (isExact) return { name, mean: [...values], low: [], high: [] };
  const groups = points.map(([start, end]) =>
    values.slice(start, end).filter((value) => !Number.isNaN(value)),
  );
  return {
    name,
    mean: groups.map(mean),
    low: groups.map((group) => (group.length === 0 ? NaN : Math.min(...group))),
    high: groups.map((group) => (group.length === 0 ? NaN : Math.max(...group))),
  };
}
