import { common, verification } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import { openStageBench, pathOf, questionsOf } from './testing/stage-bench.ts';
import { DIGEST } from './testing/strict-services.ts';
import { score, trainVerifier } from './verifier.ts';

const { SEQUENCE_TOO_LONG, TEXT_NOT_ENCODABLE, STEP_EMPTY } = common.ErrorReason;
const PATHS = [0, 1, 2].map((index) => pathOf('q', index));

/** Scores of a stage whose verifier judges every path but the first of the rows, which it cannot for a reason. */
async function scoresWithout(reason: common.ErrorReason) {
  const scored = ({ rows }: verification.ScoreRequest) =>
    rows.map(({ id }, index) =>
      verification.RowScore.fromPartial(
        index === 0
          ? { id, result: { $case: 'error', value: { reason, message: 'no token for it' } } }
          : { id, result: { $case: 'steps', value: { probabilities: [0.5], logOdds: [0] } } },
      ),
    );
  using bench = openStageBench(
    {},
    {
      score: (request) =>
        Promise.resolve(verification.ScoreResponse.fromPartial({ scores: scored(request) })),
    },
  );
  await bench.leave('data', { loop: questionsOf('q'), test: questionsOf('q'), policy: DIGEST });
  await bench.leave('sample-1', { paths: PATHS });
  await bench.leave('train-verifier-1', { model: DIGEST });
  const { outputs, counts } = await bench.run('score-1', score);
  return { counts, scores: await bench.records(outputs['scores']) };
}

it.each([
  ['is too long for the verifier', SEQUENCE_TOO_LONG],
  ["has a text that the verifier's tokenizer cannot encode", TEXT_NOT_ENCODABLE],
])('leaves a path unscored that %s, counts it and scores the others', async (_, reason) => {
  const { counts, scores } = await scoresWithout(reason);
  expect(counts).toMatchObject({ paths: 3, steps: 2, unscored: 1 });
  expect(scores).toMatchObject([
    { path: '1/0/q', probabilities: [] },
    { path: '1/1/q', probabilities: [0.5] },
    { path: '1/2/q', probabilities: [0.5] },
  ]);
});

it('fails for any other fault of a path, which it names', async () => {
  await expect(scoresWithout(STEP_EMPTY)).rejects.toMatchObject({
    reason: 'SCORING_FAILED',
    message: 'path 1/0/q could not be scored: no token for it',
  });
});

it.each(['process', 'outcome'])(
  'trains a %s verifier on a base of its own, leaving out what it cannot read',
  async (kind) => {
    const optimisation = { learningRate: 1e-3 };
    const base = { model: '/models/math-7b' };
    using bench = openStageBench({ verifier: { optimisation, base, kind } });
    const verifierBase = `sha256:${'b'.repeat(64)}`;
    await bench.leave('data', {
      loop: questionsOf('q'),
      test: questionsOf('q'),
      policy: DIGEST,
      verifierBase,
    });
    await bench.leave('sample-1', { paths: PATHS });
    const label = { rollouts: 2, reachedBy: [0, 1], soft: 1, hard: 1 };
    const labels = PATHS.map((_, index) => ({ path: `1/${index}/q`, labels: [label] }));
    await bench.leave('label-1', { labels });
    await bench.run('train-verifier-1', trainVerifier);
    expect(bench.jobs).toMatchObject([
      { spec: { baseModel: { digest: verifierBase }, optimisation: { dropLongerRows: true } } },
    ]);
  },
);

it('says why a verifier is not trained in the words of the configuration', async () => {
  const why = 'training job x failed: schedule.warmupRatio makes the one update warm-up';
  const train = () => Promise.reject(new SipfError('failed-precondition', why, { reason: 'JOB_FAILED' }));
  using bench = openStageBench({}, { train });
  await bench.leave('data', { loop: questionsOf('q'), test: questionsOf('q'), policy: DIGEST });
  await bench.leave('simulator', { model: DIGEST });
  await bench.leave('sample-1', { paths: PATHS });
  const label = { rollouts: 2, reachedBy: [0, 1], soft: 1, hard: 1 };
  await bench.leave('label-1', {
    labels: PATHS.map((_, index) => ({ path: `1/${index}/q`, labels: [label] })),
  });
  await expect(bench.run('train-verifier-1', trainVerifier)).rejects.toMatchObject({
    message: 'training job x failed: verifier.optimisation.warmupRatio makes the one update warm-up',
    reason: 'JOB_FAILED',
  });
});
