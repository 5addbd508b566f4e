import type { PreferencePair } from '@sipf/method';
import { expect, it } from 'vitest';
import { align, pair } from './align.ts';
import { openStageBench, pathOf, questionsOf, scoresOf } from './testing/stage-bench.ts';

const right = pathOf('q', 0);
const wrong = pathOf('q', 1, { outcome: 'wrong' });

/** Pairs of two paths whose rewards are apart by their least step, and not by their mean or their last. */
async function pairsBy(aggregation: string): Promise<PreferencePair[]> {
  using bench = openStageBench({ pairs: { margin: 0.3, aggregation } });
  await bench.leave('data', { loop: questionsOf('q') });
  await bench.leave('sample-1', { paths: [right, wrong] });
  await bench.leave('score-1', {
    scores: [scoresOf(right, 0.6, 0.6, 0.6), scoresOf(wrong, 0.1, 0.9, 0.6)],
  });
  const { outputs } = await bench.run('pair-1', pair);
  return await bench.records<PreferencePair>(outputs['pairs']);
}

it('pairs by the aggregation of step scores that the run asks for', async () => {
  const [byLeast, ...others] = await pairsBy('min');
  expect(others).toEqual([]);
  expect(byLeast).toMatchObject({ chosen: { sampleIndex: 0 }, rejected: { sampleIndex: 1 } });
  expect(byLeast?.difference).toBeCloseTo(0.5, 12);
  expect(await pairsBy('mean')).toEqual([]);
  expect(await pairsBy('last')).toEqual([]);
});

it.each([
  ['sipf', { loss: 1, lambda: 0.25 }],
  ['sipf-without-odds-ratio', { loss: 1, lambda: 0 }],
  ['sipf-without-both', { loss: 1, lambda: 0 }],
  ['srf', { loss: 2, beta: 0.5, lambda: 0 }],
  ['rpo', { loss: 3, beta: 0.5, nllWeight: 2, lambda: 0 }],
])('trains the objective of %s with the weights that it has, and no others', async (method, objective) => {
  using bench = openStageBench({
    method,
    alignment: { lambda: 0.25, beta: 0.5, nllWeight: 2, optimisation: { learningRate: 1e-3 } },
  });
  await bench.leave('data', { loop: questionsOf('q'), policyConfig: 'sha256:c' });
  await bench.leave('sft-0', { model: 'sha256:m' });
  await bench.leave('pair-1', { preferences: [] });
  await bench.run('align-1', align);
  expect(bench.jobs.map(({ spec }) => spec?.objective?.value)).toMatchObject([objective]);
});
