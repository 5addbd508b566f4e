import { generation } from '@sipf/contracts';
import type { Path } from '@sipf/method';
import { expect, it } from 'vitest';
import type { Services } from '../services/services.ts';
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
