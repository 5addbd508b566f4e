import { expect, it } from 'vitest';
import { readLogOdds, type AskedScores, type PoolingHead } from './read-log-odds.ts';

const twoLabels: PoolingHead = { tokens: 'all', numLabels: 2 };
const rows = [
  { ids: [1, 20, 30, 40], promptLength: 2, stepEndPositions: [2, 3] },
  { ids: [1, 20, 30], promptLength: 1, stepEndPositions: [2] },
];

function base64(values: readonly number[]): string {
  return Buffer.from(Float32Array.from(values).buffer).toString('base64');
}

/** An answer of vLLM 0.32 to these rows. */
const recorded = {
  ...{ id: 'pooling-856a2558799500a2', object: 'list', created: 1_796_018_497, model: 'verifier' },
  data: [
    { index: 0, object: 'pooling', data: 'VtL7QCxKjEAgrBlBQr2cQMIbvMDiU+FAL4F9wVJcV8A=' },
    { index: 1, object: 'pooling', data: 'VtL7QCxKjEAgrBlBQr2cQMIbvMDiU+FA' },
  ],
  usage: { prompt_tokens: 7, total_tokens: 7, completion_tokens: 0 },
};

function read(answer: unknown, asked: Partial<AskedScores> = {}): number[][] | undefined {
  return readLogOdds(JSON.stringify(answer), { name: 'verifier', rows, head: twoLabels, ...asked });
}

const withData = (...data: readonly string[]): unknown => ({
  ...recorded,
  data: data.map((text, index) => ({ index, object: 'pooling', data: text })),
});

it('reads the difference of two logits at the ends of steps', () => {
  const found = read(recorded) ?? [];
  expect(found.map((row) => row.map((value) => Number(value.toFixed(5))))).toEqual([
    [12.91988, 12.47903],
    [12.91988],
  ]);
});

it('reads a single score, and logits at the marks of steps alone', () => {
  const one: PoolingHead = { tokens: 'all', numLabels: 1 };
  const found = read(withData(base64([9, 8, 0.5, -2]), base64([1, 2, 3])), { head: one });
  expect(found).toEqual([[0.5, -2], [3]]);
  const marks: PoolingHead = { tokens: 'marks', numLabels: 2 };
  expect(read(withData(base64([0.25, 0.75, 1, -3]), base64([0, 1])), { head: marks })).toEqual([
    [0.5, -4],
    [1],
  ]);
});

it.each([
  ['another model', { ...recorded, model: 'other' }, {}, 'MODEL_NOT_LOADED', 'model'],
  ['a row too few', withData(base64([1, 2])), {}, 'BACKEND_ANSWER_INVALID', 'data'],
  [
    'rows in another order',
    { ...recorded, data: recorded.data.toReversed() },
    {},
    'BACKEND_ANSWER_INVALID',
    'data[0].index',
  ],
  [
    'a token too few',
    withData(base64([1, 2, 3, 4]), base64([1, 2, 3, 4, 5, 6])),
    {},
    'BACKEND_ANSWER_INVALID',
    'data[0].data',
  ],
  [
    'what is no number',
    withData(base64([0, 0, 0, 0, NaN, 1, 0, 0]), base64([1, 2, 3, 4, 5, 6])),
    {},
    'BACKEND_ANSWER_INVALID',
    'data[0].data',
  ],
  [
    'probabilities',
    withData(base64([0.25, 0.75, 0.5, 0.5]), base64([1, 0])),
    { head: { tokens: 'marks', numLabels: 2 } as const },
    'BACKEND_ANSWER_INVALID',
    'data',
  ],
  [
    'numbers as text',
    { ...recorded, data: [{ index: 0, data: [[1, 2]] }, recorded.data[1]] },
    {},
    'BACKEND_ANSWER_INVALID',
    'data[0].data',
  ],
])('takes no %s for the answer', (_what, answer, asked, reason, field) => {
  expect(() => read(answer, asked)).toThrow(
    expect.objectContaining({
      reason,
      violations: [expect.objectContaining({ field }) as unknown],
    }) as Error,
  );
});

it('takes a text that is no answer for a server that stumbled', () => {
  expect(readLogOdds('<html>', { name: 'verifier', rows, head: twoLabels })).toBeUndefined();
  expect(read({ error: 'busy' })).toBeUndefined();
});
