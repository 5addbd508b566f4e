import { BOUNDS, MAX_PROBLEM_ID, MAX_STEPS, REQUEST_ROOM, type Bound } from '@sipf/contracts';
import type { Path } from '@sipf/method';
import type { ScoreRecord } from '@sipf/runs';
import { expect, it } from 'vitest';
import { pair } from './align.ts';
import { evaluateSamples } from './evaluate-samples.ts';
import { sample } from './sample.ts';
import { simulate } from './simulate.ts';
import { openStageBench, questionsOf, type StageBench } from './testing/stage-bench.ts';
import { DIGEST, strictServices, type Asked } from './testing/strict-services.ts';
import { score, trainVerifier } from './verifier.ts';

const lines = (count: number, sampleIndex: number) =>
  `<<${sampleIndex}+1=${sampleIndex + 1}>>\n${'so\n'.repeat(count - 2)}so\n#### 7`;
/** Of as many steps as a request takes, of one more, of far more, and longer than any request. */
const TEXTS = [
  lines(MAX_STEPS, 0),
  lines(MAX_STEPS + 1, 1),
  lines(20_000, 2),
  `<<3+1=4>>${'x'.repeat(REQUEST_ROOM.path)}\n#### 8`,
  '<<4+1=5>>\n#### 8',
];
const most = ({ max }: Bound) => max;

async function openBench(
  asked: Asked,
  questions: readonly object[],
  changes: object = {},
): Promise<StageBench> {
  const bench = openStageBench(
    {
      sampling: { maxNewTokens: 8, pathsPerQuestion: TEXTS.length },
      simulator: { model: 'policy' },
      ...changes,
    },
    strictServices(asked, (sampleIndex) => TEXTS[sampleIndex] ?? ''),
  );
  await bench.leave('data', { loop: questions, test: questions, policy: DIGEST });
  await bench.leave('sft-0', { model: DIGEST });
  return bench;
}

it('leaves paths unlabelled, unscored and in no pair that no request takes, and counts them', async () => {
  const asked: Asked = { calls: [], refused: [] };
  using bench = await openBench(asked, questionsOf('q'), { method: 'sipf' });
  const { outputs: sampled } = await bench.run('sample-1', sample);
  expect((await bench.records<Path>(sampled['paths'])).map(({ steps }) => steps.length)).toEqual([
    ...[MAX_STEPS, MAX_STEPS + 1, 20_000, 1, 1],
  ]);
  const { counts: labelled } = await bench.run('label-1', simulate);
  expect(labelled).toMatchObject({ paths: 2, steps: MAX_STEPS + 1, unlabelled: 3 });
  await bench.run('train-verifier-1', trainVerifier);
  const { outputs, counts: scored } = await bench.run('score-1', score);
  expect(scored).toMatchObject({ paths: 5, unscored: 3 });
  const scores = await bench.records<ScoreRecord>(outputs['scores']);
  expect(scores.map(({ path }) => path)).toEqual(['1/0/q', '1/4/q']);
  await bench.run('pair-1', pair);
  expect(asked.refused).toEqual([]);
});

it('asks for samples of an evaluation whose paths are too long, and scores the others', async () => {
  const asked: Asked = { calls: [], refused: [] };
  const evaluation = { maxNewTokens: 8, samples: { count: TEXTS.length } };
  using bench = await openBench(asked, questionsOf('q'), { evaluation });
  await bench.leave('train-verifier-1', { model: DIGEST });
  await bench.leave('align-1', { model: DIGEST });
  const { figures } = await bench.run('evaluate-samples-1', evaluateSamples);
  expect(Object.keys(figures)).toContain('best@5');
  expect(asked).toMatchObject({ refused: [] });
  expect(asked.calls).toContain('score');
});

it('asks in as many calls as the largest accepted texts need', async () => {
  const asked: Asked = { calls: [], refused: [] };
  const question = (index: number) => ({
    id: String(index).padStart(MAX_PROBLEM_ID, 'i'),
    question: '🙂'.repeat(REQUEST_ROOM.prompt / 4 - 10),
    answer: '7'.padStart(REQUEST_ROOM.answer, ' '),
  });
  const limits = { itemsPerCall: most(BOUNDS.itemsPerCall) };
  using bench = await openBench(asked, [1, 2, 3, 4, 5].map(question), { limits });
  await bench.run('sample-1', sample);
  await bench.run('label-1', simulate);
  await bench.leave('train-verifier-1', { model: DIGEST });
  await bench.run('score-1', score);
  expect(asked.refused).toEqual([]);
  const callsOf = (name: string) => asked.calls.filter((call) => call === name).length;
  expect(callsOf('generate')).toBe(2);
  expect(callsOf('labelSteps')).toBeGreaterThan(1);
  expect(callsOf('score')).toBeGreaterThan(1);
});
