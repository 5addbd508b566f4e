import { simulation } from '@sipf/contracts';
import { pathKey, type Path } from '@sipf/method';
import type { StepwiseRow } from '@sipf/runs';
import { expect, it } from 'vitest';
import type { Services } from '../services/services.ts';
import { simulate } from './simulate.ts';
import { openStageBench, pathOf, questionsOf } from './testing/stage-bench.ts';
import { trainVerifier } from './verifier.ts';

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

/** A path of steps that are named in order. */
function stepsOf(question: string, index: number, names: string, more: Partial<Path> = {}): Path {
  const steps = names.split('').map((text, start) => ({ text, start, end: start + 1 }));
  return pathOf(question, index, { text: names, steps, ...more });
}

/** What a step's roll-outs say: how many of four reach the answer; none of them says anything of an undecided step. */
const label = (reached?: number): object => ({
  ...(reached === undefined ? {} : { hard: reached > 0 ? 1 : 0, soft: reached / 4 }),
  ...{ rollouts: 4, reachedBy: [] },
});

/** The rows that a verifier learns from, by what the roll-outs said of the steps of paths. */
async function rowsBy(
  labelled: readonly (readonly [Path | string, ...object[]])[],
  verifier: object = {},
): Promise<StepwiseRow[]> {
  const optimisation = { learningRate: 1e-3 };
  using bench = openStageBench({ method: 'sipf', verifier: { optimisation, ...verifier } });
  const sampled = labelled.flatMap(([path]) => (typeof path === 'string' ? [] : [path]));
  await bench.leave('data', { loop: questionsOf('a', 'b'), simulatorConfig: 'sha256:c' });
  await bench.leave('simulator', { model: 'sha256:s' });
  await bench.leave('sample-1', { paths: sampled });
  const labels = labelled.map(([path, ...own]) => ({
    path: typeof path === 'string' ? path : pathKey(path),
    labels: own,
  }));
  await bench.leave('label-1', { labels });
  const { outputs } = await bench.run('train-verifier-1', trainVerifier);
  return await bench.records<StepwiseRow>(outputs['dataset']);
}

it('has a row of hard and soft labels for every path, with its question and its steps', async () => {
  const onlyHard = { hard: 1, rollouts: 0, reachedBy: [] };
  const rows = await rowsBy([
    [stepsOf('a', 0, 'xyz'), label(3), label(1), label(0)],
    [stepsOf('b', 1, 'uv'), label(4), onlyHard],
  ]);
  expect(rows).toMatchObject([
    {
      prompt: 'What is a?',
      ...{ completions: ['x', 'y', 'z'], labels: [true, true, false], soft_labels: [0.75, 0.25, 0] },
    },
    { prompt: 'What is b?', completions: ['u', 'v'], labels: [true, true], soft_labels: [1, 1] },
  ]);
});

it('ends a path before the first step that the roll-outs left undecided, and leaves out one that begins so', async () => {
  const rows = await rowsBy([
    [stepsOf('a', 0, 'xyz'), label(3), label(), label(0)],
    [stepsOf('a', 1, 'xyz'), label(), label(4), label(4)],
    ['1/0/of-no-question', label(4)],
  ]);
  expect(rows).toMatchObject([{ completions: ['x'], labels: [true], soft_labels: [0.75] }]);
  expect(rows).toHaveLength(1);
});

it('has no label where roll-outs agree too little, and no row without any', async () => {
  const rows = await rowsBy(
    [
      [stepsOf('a', 0, 'xyz'), label(4), label(2), label(0)],
      [stepsOf('a', 1, 'xy'), label(2), label(2)],
    ],
    { denoising: { minAgreement: 0.75 } },
  );
  expect(rows).toMatchObject([{ labels: [true, null, false], completions: ['x', 'y', 'z'] }]);
  expect(rows).toHaveLength(1);
});

it('labels every step of a path by its outcome for an outcome model, of paths that have one and a step', async () => {
  const sampled = [
    stepsOf('a', 0, 'xy', { outcome: 'correct' }),
    stepsOf('a', 1, 'uv', { outcome: 'wrong' }),
    stepsOf('b', 0, 'x', { outcome: 'unknown' }),
    stepsOf('b', 1, '', { outcome: 'wrong' }),
  ];
  const verifier = { optimisation: { learningRate: 1e-3 }, base: 'policy' };
  const without = { simulation: undefined, simulator: undefined };
  using bench = openStageBench({ method: 'sipf-orm', verifier, ...without });
  await bench.leave('data', { loop: questionsOf('a', 'b') });
  await bench.leave('sft-0', { model: 'sha256:m' });
  await bench.leave('sample-1', { paths: sampled });
  const { outputs } = await bench.run('train-verifier-1', trainVerifier);
  expect(await bench.records<StepwiseRow>(outputs['dataset'])).toMatchObject([
    { prompt: 'What is a?', completions: ['x', 'y'], labels: [true, true], soft_labels: [1, 1] },
    { prompt: 'What is a?', completions: ['u', 'v'], labels: [false, false], soft_labels: [0, 0] },
  ]);
});
