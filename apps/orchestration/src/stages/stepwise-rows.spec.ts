import { simulation } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';
import { trainVerifier } from './verifier.ts';
import { openStageBench, pathOf, questionsOf } from './testing/stage-bench.ts';
import type { Services } from '../services/services.ts';

const paths = ['a', 'b', 'c', 'd'].flatMap((question) =>
  [0, 1, 2].map((index) => pathOf(question, index, { outcome: index === 0 ? 'correct' : 'wrong' })),
);
const labelSteps: Services['labelSteps'] = (request) =>
  Promise.resolve(
    request.paths.map(({ id, steps }) =>
      simulation.LabelStepsResponse.fromPartial({
        pathId: id,
        labels: steps.map(() => ({ hard: true, soft: 1, rollouts: 1, reachedBy: [0] })),
      }),
    ),
  );

/** Questions and steps of the rows that a verifier is trained on. */
async function rowsOf(method: string): Promise<string[]> {
  const labelling = { questions: 2, pathsPerQuestion: 2, maxNewTokens: 8 };
  using bench = openStageBench({ method, simulation: labelling }, { labelSteps });
  await bench.leave('data', { loop: questionsOf('a', 'b', 'c', 'd'), simulatorConfig: 'sha256:c' });
  await bench.leave('simulator', { model: 'sha256:s' });
  await bench.leave('sample-1', { paths });
  if (method === 'sipf') await bench.run('label-1', simulate);
  const { outputs } = await bench.run('train-verifier-1', trainVerifier);
  const rows = await bench.records<{ prompt: string; completions: string[] }>(outputs['dataset']);
  return rows.map(({ prompt, completions }) => `${prompt} ${completions.join('')}`);
}

it('trains an outcome model on the outcomes of the very paths whose steps a process model learns from', async () => {
  const [process, outcome] = [await rowsOf('sipf'), await rowsOf('sipf-orm')];
  expect(process).toHaveLength(4);
  expect(outcome).toEqual(process);
});
