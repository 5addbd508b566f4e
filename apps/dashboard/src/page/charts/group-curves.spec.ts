import { expect, it } from 'vitest';
import type { StageCurves } from '../../api/model.ts';
import { chartsOf, overlaidCharts } from './group-curves.ts';

const stage = (steps: readonly number[], names: readonly string[]): StageCurves => ({
  stage: 'align-1',
  steps,
  recordedSteps: steps.length,
  curves: names.map((name) => ({ name, mean: steps.map((step) => step / 10), low: [], high: [] })),
});

it('groups related metrics into one chart, the loss first', () => {
  const charts = chartsOf(stage([1, 2], ['grad_norm', 'logps/rejected', 'epoch', 'loss', 'logps/chosen']));
  expect(charts.map(({ title, lines }) => [title, ...lines.map(({ name }) => name)])).toEqual([
    ['loss', 'loss'],
    ['log-probability of chosen and rejected', 'logps/chosen', 'logps/rejected'],
    ['grad norm', 'grad_norm'],
  ]);
});

it('overlays runs on the union of their steps', () => {
  const [chart] = overlaidCharts([
    { run: 'a', curves: stage([1, 3], ['loss']) },
    { run: 'b', curves: stage([2, 3], ['loss']) },
  ]);
  expect(chart?.x).toEqual([1, 2, 3]);
  expect(chart?.lines.map(({ name, mean }) => [name, ...mean])).toEqual([
    ['a loss', 0.1, null, 0.3],
    ['b loss', null, 0.2, 0.3],
  ]);
});
