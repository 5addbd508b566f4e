import { generation } from '@sipf/contracts';
import type { GeneratedSample } from '@sipf/inference';
import { expect, it } from 'vitest';
import { emptyPaths, toPath } from './paths.ts';

const { FinishReason } = generation;
const sample: GeneratedSample = {
  requestIndex: 0,
  sampleIndex: 3,
  tokenIds: [5, 2],
  tokenCount: 2,
  text: 'one\n\ntwo\n#### 2\n',
  logProbs: [-1, -3],
  meanLogProb: -2,
  finishReason: 'end-token',
  top: [],
  prompt: undefined,
};
const context = {
  promptId: 'q',
  promptTokenCount: 4,
  request: { returnTokenIds: false, returnLogProbs: false },
};

it('makes a step of each line, without line breaks, and keeps the answer in the last', () => {
  const { steps, text } = toPath(sample, context);
  expect(steps).toEqual(['one', 'two\n#### 2']);
  expect(text).toBe(sample.text);
});

it('sends tokens and log-probabilities only where the request wants them', () => {
  expect(toPath(sample, context)).toMatchObject({
    tokenIds: [],
    logProbs: [],
    tokenCount: 2,
    meanLogProb: -2,
  });
  const request = { returnTokenIds: true, returnLogProbs: true };
  expect(toPath(sample, { ...context, request })).toMatchObject({ tokenIds: [5, 2], logProbs: [-1, -3] });
});

it('returns no tokens that a generator does not know, and fails where they are wanted', () => {
  const elsewhere = { ...sample, tokenIds: undefined };
  expect(toPath(elsewhere, context)).toMatchObject({ tokenIds: [], tokenCount: 2, promptTokenCount: 4 });
  const request = { returnTokenIds: true, returnLogProbs: false };
  expect(() => toPath(elsewhere, { ...context, request })).toThrow('returns no token ids');
});

it.each([
  ['the end token', sample, FinishReason.END_OF_SEQUENCE],
  ['a stop string', { ...sample, finishReason: 'stop-string' as const }, FinishReason.STOP_STRING],
  ['its length', { ...sample, finishReason: 'length' as const }, FinishReason.LENGTH],
])('says that %s ended a path', (_what, ended, expected) => {
  expect(toPath(ended, context).finishReason).toBe(expected);
});

it('writes nothing after a prompt that fills the model', () => {
  const path = { promptId: 'q', text: '', finishReason: FinishReason.LENGTH, tokenCount: 0 };
  const prompt = generation.Prompt.fromPartial({ id: 'q', firstSampleIndex: 3 });
  expect(emptyPaths(prompt, 2)).toMatchObject([
    { ...path, sampleIndex: 3 },
    { ...path, sampleIndex: 4 },
  ]);
});
