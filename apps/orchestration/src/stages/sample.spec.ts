import { generation } from '@sipf/contracts';
import type { Path } from '@sipf/method';
import { taskNamed } from '@sipf/tasks';
import { expect, it } from 'vitest';
import type { Services } from '../services/services.ts';
import { evaluateSamples } from './evaluate-samples.ts';
import { evaluate } from './evaluate.ts';
import { sample } from './sample.ts';
import { openStageBench, questionsOf } from './testing/stage-bench.ts';

/** Every other sample reaches the answer; no two calculate the same. */
const generate: Services['generate'] = ({ prompts, sampling }) =>
  Promise.resolve(
    prompts.flatMap(({ id }) =>
      Array.from({ length: sampling?.n ?? 0 }, (_, sampleIndex) =>
        generation.GenerateResponse.fromPartial({
          ...{ promptId: id, sampleIndex },
          text: `<<${sampleIndex}+1=${sampleIndex + 1}>>\n#### ${sampleIndex % 2 === 0 ? 7 : 8}`,
        }),
      ),
    ),
  );

it('keeps of each question as many right and wrong paths as the quota of its iteration allows', async () => {
  const sampling = { maxNewTokens: 8, pathsPerQuestion: 8, quota: { positives: 3, negatives: 1 } };
  using bench = openStageBench({ sampling }, { generate });
  await bench.leave('data', { loop: questionsOf('a', 'b') });
  await bench.leave('sft-0', { model: 'sha256:m' });
  const { outputs, counts } = await bench.run('sample-1', sample);
  expect(counts).toEqual({ drawn: 16, unique: 16, positive: 6, negative: 2 });
  const kept = await bench.records<Path>(outputs['paths']);
  expect(kept.map(({ questionId, sampleIndex }) => `${questionId}${sampleIndex}`)).toEqual([
    ...['a0', 'a1', 'a2', 'a4', 'b0', 'b1', 'b2', 'b4'],
  ]);
});

it('says how many questions fill the policy with their prompt: it writes nothing about them, and they count as wrong', async () => {
  const unread: Services['generate'] = async (request, bounds) => {
    const answers = await generate(request, bounds);
    const finishReason = generation.FinishReason.LENGTH;
    return answers.map((answer) =>
      answer.promptId === 'b'
        ? { ...answer, text: '', tokenCount: 0, finishReason }
        : { ...answer, tokenCount: 9 },
    );
  };
  const changes = {
    method: 'rft',
    sampling: { maxNewTokens: 8, pathsPerQuestion: 2 },
    evaluation: { maxNewTokens: 8, samples: { count: 2, k: [1] } },
  };
  using bench = openStageBench(changes, { generate: unread });
  await bench.leave('data', { loop: questionsOf('a', 'b'), test: questionsOf('a', 'b', 'c') });
  await bench.leave('sft-0', { model: 'sha256:m' });
  const { outputs, counts } = await bench.run('sample-1', sample);
  expect(counts).toMatchObject({ drawn: 4, positive: 1, unasked: 1 });
  expect((await bench.records<Path>(outputs['paths'])).every((path) => !('unasked' in path))).toBe(true);
  expect((await bench.run('evaluate-0', evaluate)).counts).toMatchObject({
    correct: 2,
    total: 3,
    unasked: 1,
  });
  const { counts: sampled } = await bench.run('evaluate-samples-0', evaluateSamples);
  expect(sampled).toEqual({ total: 3, samples: 6, unasked: 1 });
});

it('draws one path of each question for STaR, the most probable, which ends where the answer does', async () => {
  const asked: Parameters<Services['generate']>[0][] = [];
  const answer: Services['generate'] = (request, bounds) => {
    asked.push(request);
    return generate(request, bounds);
  };
  using bench = openStageBench({ method: 'star', sampling: { maxNewTokens: 8 } }, { generate: answer });
  await bench.leave('data', { loop: questionsOf('a', 'b') });
  await bench.leave('sft-0', { model: 'sha256:m' });
  expect((await bench.run('sample-1', sample)).counts).toMatchObject({ drawn: 2 });
  const stopStrings = taskNamed('gsm8k').stopStrings({ kind: 'zero-shot' });
  expect(asked.map(({ sampling }) => sampling)).toMatchObject([
    { greedy: true, n: 1, maxNewTokens: 8, stopStrings },
  ]);
});
