import { generation } from '@sipf/contracts';
import type { GeneratedSample } from '@sipf/inference';
import { expect, it } from 'vitest';
import { emptyPath, toPath } from './paths.ts';

const { FinishReason } = generation;
const sample: GeneratedSample = {
  requestIndex: 0,
  sampleIndex: 3,
  tokenIds: [5, 2],
  text: 'one\n\ntwo\n#### 2\n',
  logProbs: [-1, -3],
  meanLogProb: -2,
  finishReason: 'stop',
};
const context = {
  promptId: 'q',
  stopTokenIds: [2],
  request: { returnTokenIds: false, returnLogProbs: false },
};

it('gives a step a line, without line breaks, the answer with the last', () => {
  const { steps, text } = toPath(sample, context);
  expect(steps).toEqual(['one', 'two\n#### 2']);
  expect(text).toBe(sample.text);
});

it('sends tokens and log-probabilities only when they are asked for', () => {
  expect(toPath(sample, context)).toMatchObject({
    tokenIds: [],
    logProbs: [],
    tokenCount: 2,
    meanLogProb: -2,
  });
  const request = { returnTokenIds: true, returnLogProbs: true };
  expect(toPath(sample, { ...context, request })).toMatchObject({ tokenIds: [5, 2], logProbs: [-1, -3] });
});

it.each([
  ['the end token', sample, FinishReason.END_OF_SEQUENCE],
  ['a stop string', { ...sample, tokenIds: [5, 6] }, FinishReason.STOP_STRING],
  ['its length', { ...sample, finishReason: 'length' as const }, FinishReason.LENGTH],
])('tells that a path was ended by %s', (_what, ended, expected) => {
  expect(toPath(ended, context).finishReason).toBe(expected);
});

it('says nothing after a prompt that fills the model', () => {
  const path = { promptId: 'q', sampleIndex: 1, text: '', finishReason: FinishReason.LENGTH, tokenCount: 0 };
  expect(emptyPath('q', 1)).toMatchObject(path);
});
