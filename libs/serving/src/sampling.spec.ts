import { common } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { toRequest } from './sampling.ts';

const prompt = { key: 'q', promptIds: [1, 2, 3], longest: 10 };
const settings = common.SamplingSettings.fromPartial({ n: 4, temperature: 0.5, maxNewTokens: 5, seed: 7n });

it('takes the settings over, with the absent mass of top-p as all of it', () => {
  expect(toRequest(prompt, settings)).toEqual({
    promptIds: [1, 2, 3],
    n: 4,
    seed: '7',
    key: 'q',
    sampling: {
      temperature: 0.5,
      topK: 0,
      topP: 1,
      minP: 0,
      repetitionPenalty: 1,
      stopStrings: [],
      maxNewTokens: 5,
    },
  });
});

it('asks for no more tokens than the model has room for', () => {
  expect(toRequest(prompt, { ...settings, maxNewTokens: 100 }).sampling.maxNewTokens).toBe(7);
});

it('needs no temperature for greedy decoding', () => {
  const greedy = { ...settings, greedy: true, temperature: 0, stopStrings: ['\n'] };
  expect(toRequest(prompt, greedy).sampling).toEqual({
    greedy: true,
    repetitionPenalty: 1,
    stopStrings: ['\n'],
    maxNewTokens: 5,
  });
});
