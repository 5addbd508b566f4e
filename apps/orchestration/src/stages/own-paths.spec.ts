import type { Path } from '@sipf/method';
import { expect, it } from 'vitest';
import { filter } from './own-paths.ts';
import { openStageBench, pathOf } from './testing/stage-bench.ts';

/** Names of the paths that iteration 2 of a method learns from. */
async function learntFrom(method: string): Promise<string[]> {
  using bench = openStageBench({ method, iterations: 2 });
  await bench.leave('sample-1', { paths: [pathOf('q', 0), pathOf('q', 1, { outcome: 'wrong' })] });
  await bench.run('filter-1', filter);
  const second = [2, 3].map((index) => pathOf('q', index, { iteration: 2 }));
  await bench.leave('sample-2', { paths: second });
  const { outputs } = await bench.run('filter-2', filter);
  const paths = await bench.records<Path>(outputs['paths']);
  return paths.map(({ iteration, sampleIndex }) => `${iteration}/${sampleIndex}`);
}

it('learns from the paths of all rounds where the method accumulates them', async () => {
  expect(await learntFrom('rft-iterated')).toEqual(['1/0', '2/2', '2/3']);
});

it('has STaR learn from the latest round alone', async () => {
  expect(await learntFrom('star')).toEqual(['2/2', '2/3']);
});
