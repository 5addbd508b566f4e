import type { Path } from '@sipf/method';
import { expect, it } from 'vitest';
import { filter } from './own-paths.ts';
import { openStageBench, pathOf, scoresOf } from './testing/stage-bench.ts';

/** Names of the paths that iteration 2 of a method learns from. */
async function learntFrom(method: string): Promise<string[]> {
  using bench = openStageBench({ method, iterations: 2 });
  await bench.leave('sample-1', { paths: [pathOf('q', 0), pathOf('q', 1, { outcome: 'wrong' })] });
  await bench.run('filter-1', filter);
  const second = [2, 3].map((index) => pathOf('q', index, { iteration: 2 }));
  await bench.leave('sample-2', { paths: second });
  const { outputs, counts } = await bench.run('filter-2', filter);
  const paths = await bench.records<Path>(outputs['paths']);
  expect(counts).toEqual({ latest: 2, paths: paths.length });
  return paths.map(({ iteration, sampleIndex }) => `${iteration}/${sampleIndex}`);
}

it('learns from the paths of all rounds where the method accumulates them', async () => {
  expect(await learntFrom('rft-iterated')).toEqual(['1/0', '2/2', '2/3']);
});

it('has STaR learn from the latest round alone', async () => {
  expect(await learntFrom('star')).toEqual(['2/2', '2/3']);
});

it('learns by rewards from the paths that the verifier could take whole', async () => {
  using bench = openStageBench({ method: 'prft' });
  const paths = [0, 1, 2, 3].map((index) => pathOf('q', index));
  const [first, second, third] = paths;
  await bench.leave('sample-1', { paths });
  const scores = [first && scoresOf(first, 0.9), second && scoresOf(second), third && scoresOf(third, 0.1)];
  await bench.leave('score-1', { scores });
  const { outputs, counts } = await bench.run('filter-1', filter);
  expect(counts).toEqual({ latest: 1, paths: 1 });
  expect((await bench.records<Path>(outputs['paths'])).map(({ sampleIndex }) => sampleIndex)).toEqual([0]);
});
