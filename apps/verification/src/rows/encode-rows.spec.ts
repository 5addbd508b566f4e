import { common, verification } from '@sipf/contracts';
import { openTokenizer, readerTask, type DecoderConfig } from '@sipf/models';
import { initialParameters } from '@sipf/models';
import { tinyConfig } from '@sipf/models/testing';
import { createRng } from '@sipf/random';
import { temporaryFolder, wordTokenizer, writeModelFolder } from '@sipf/serving/testing';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeRows, type RowReader } from './encode-rows.ts';
import type { RowRules } from './row-task.ts';

const LONGEST = 12;
const config: DecoderConfig = tinyConfig({
  vocabSize: 8,
  maxPositionEmbeddings: LONGEST,
  head: {
    kind: 'token-classification',
    numLabels: 2,
    features: 'hidden',
    promptTemplate: 'a {question} b ',
  },
});
const [a, b, c, dot] = [3, 4, 5, 6];
const folder = temporaryFolder();
let reader: RowReader;

beforeAll(async () => {
  const dir = join(folder.path, 'verifier');
  const parameters = initialParameters(config, createRng('verifier'));
  await writeModelFolder(dir, { config, parameters, tokenizer: wordTokenizer(['a', 'b', 'c', '.']) });
  const tokenizer = await openTokenizer(dir);
  reader = {
    tokenizer,
    reader: { ...(await tokenizer.run(readerTask, { format: 'sipf', config }, 0)), config },
  };
});

afterAll(() => {
  folder[Symbol.dispose]();
});

type Row = Parameters<typeof verification.ScoreRow.fromPartial>[0];

function encode(rows: Row[], rules: Partial<RowRules> = {}) {
  const request = verification.ScoreRequest.fromPartial({ rows });
  return encodeRows({ ...request, ...rules }, reader, new AbortController().signal);
}

const { SEQUENCE_TOO_LONG, TEXT_NOT_ENCODABLE, INVALID_FIELD } = common.ErrorReason;

it("puts the question into the verifier's template and marks the end of every step", async () => {
  const [encoded] = await encode([{ id: 'x', question: 'c', steps: ['a .', 'b b .'] }]);
  const request = { ids: [1, a, c, b, a, dot, b, b, dot], promptLength: 4, stepEndPositions: [5, 8] };
  expect(encoded).toEqual({ id: 'x', row: { request, steps: [], truncation: undefined } });
});

it('cuts a text by the rule of the request, and returns the steps', async () => {
  const splitting = { rule: common.StepRule.SEPARATOR, separator: ';' };
  const [cut, given] = await encode(
    [
      { question: 'c', text: 'a . ; b b .;' },
      { question: 'c', steps: ['a .', 'b b .'] },
    ],
    { splitting },
  );
  expect(cut?.row?.steps).toEqual(['a .', 'b b .']);
  expect(cut?.row?.request).toEqual(given?.row?.request);
});

it('keeps what is wrong with a row to that row, in order', async () => {
  const encoded = await encode([
    { id: 'unknown', question: 'x', steps: ['a'] },
    { id: 'good', question: 'c', steps: ['a'] },
    { id: 'long', question: 'c', steps: ['a '.repeat(12)] },
    { id: 'huge', question: 'c', steps: ['a '.repeat(100_000)] },
    { id: 'empty', question: 'c', steps: ['a', ' '] },
    { id: 'nothing', question: 'c', text: ' \n ' },
  ]);
  expect(encoded.map(({ id, error }) => [id, error?.reason])).toEqual([
    ['unknown', TEXT_NOT_ENCODABLE],
    ['good', undefined],
    ['long', SEQUENCE_TOO_LONG],
    ['huge', SEQUENCE_TOO_LONG],
    ['empty', INVALID_FIELD],
    ['nothing', INVALID_FIELD],
  ]);
  expect(encoded.map(({ error }) => error?.message)).toEqual([
    expect.stringContaining('x'),
    undefined,
    'the path has 16 tokens, the verifier takes 12',
    'the path has more than 12 tokens, the verifier takes 12',
    'steps[1] must not be empty',
    'text must hold 1 to 256 steps, holds 0',
  ]);
});

it('truncates a path on its left where that is wanted, and says how much', async () => {
  const longPath = verification.LongPath.TRUNCATE_LEFT;
  const rows = [
    { id: 'short', question: 'c', steps: ['a'] },
    { id: 'long', question: 'c', steps: ['a a .', 'b b b b b b', 'c .'] },
    { id: 'endless', question: 'c', steps: ['a '.repeat(50)] },
  ];
  const [short, long, endless] = await encode(rows, { longPath });
  expect(short?.row?.truncation).toBeUndefined();
  expect(long?.row).toEqual({
    request: {
      ids: [1, a, a, dot, b, b, b, b, b, b, c, dot],
      promptLength: 1,
      stepEndPositions: [3, 9, 11],
    },
    steps: [],
    truncation: { tokens: 3, steps: 0 },
  });
  expect(endless?.error?.reason).toBe(SEQUENCE_TOO_LONG);
});
