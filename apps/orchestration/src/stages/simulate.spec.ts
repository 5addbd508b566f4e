import { common, simulation } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';
import { openStageBench, pathOf, questionsOf } from './testing/stage-bench.ts';
import { DIGEST } from './testing/strict-services.ts';

const PATHS = [0, 1, 2].map((index) => pathOf('q', index));
const error = { reason: common.ErrorReason.TEXT_NOT_ENCODABLE, message: 'no tokens for it' };

/** What the stage leaves where the simulator cannot read some of three paths. */
async function labelsWithout(isRefused: (id: string) => boolean) {
  using bench = openStageBench(
    {},
    {
      labelSteps: ({ paths }) =>
        Promise.resolve(
          paths.map(({ id: pathId, steps }) =>
            simulation.LabelStepsResponse.fromPartial(
              isRefused(pathId)
                ? { pathId, error }
                : { pathId, labels: steps.map(() => ({ hard: true, soft: 1, rollouts: 1 })) },
            ),
          ),
        ),
    },
  );
  await bench.leave('data', { loop: questionsOf('q'), simulatorConfig: DIGEST });
  await bench.leave('simulator', { model: DIGEST });
  await bench.leave('sample-1', { paths: PATHS });
  const { outputs, counts } = await bench.run('label-1', simulate);
  return { counts, labels: await bench.records(outputs['labels']) };
}

it('leaves a path unlabelled that the simulator cannot read, counts it and labels the others', async () => {
  const { counts, labels } = await labelsWithout((id) => id === '1/0/q');
  expect(counts).toMatchObject({ paths: 2, steps: 2, unlabelled: 1 });
  expect(labels).toMatchObject([
    { path: '1/1/q', labels: [{ hard: 1 }] },
    { path: '1/2/q', labels: [{ hard: 1 }] },
  ]);
  expect((await labelsWithout(() => false)).counts).not.toHaveProperty('unlabelled');
});

it('fails with what to change where the simulator can read no path', async () => {
  await expect(labelsWithout(() => true)).rejects.toMatchObject({
    kind: 'failed-precondition',
    reason: 'NOTHING_TO_LEARN',
    message: expect.stringMatching(
      /^the simulator can read none of 3 paths; of 1\/0\/q it says: no tokens for it\. To change: .*simulator\.model/,
    ) as string,
  });
});
