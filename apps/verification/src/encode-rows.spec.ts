import { join } from 'node:path';
import { common, verification } from '@sipf/contracts';
import { createScorer, type Scorer } from '@sipf/inference';
import { initialParameters, loadTokenizer, type DecoderConfig, type Tokenizer } from '@sipf/models';
import { createRng } from '@sipf/random';
import { temporaryFolder, wordTokenizer, writeModelFolder } from '@sipf/serving/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeRows } from './encode-rows.ts';

const config: DecoderConfig = {
  modelType: 'llama',
  hiddenSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  numKeyValueHeads: 1,
  headDim: 4,
  intermediateSize: 8,
  vocabSize: 8,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositionEmbeddings: 12,
  rope: { kind: 'default', theta: 10_000 },
  attentionBias: false,
  mlpBias: false,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
  head: { kind: 'token-classification', numLabels: 2, features: 'hidden', promptTemplate: 'a {question} b ' },
};
const folder = temporaryFolder();
let verifier: { readonly scorer: Scorer; readonly tokenizer: Tokenizer };

beforeAll(async () => {
  const dir = join(folder.path, 'verifier');
  const parameters = initialParameters(config, createRng('verifier'));
  await writeModelFolder(dir, { config, parameters, tokenizer: wordTokenizer(['a', 'b', 'c', '.']) });
  verifier = { scorer: await createScorer({ folder: dir }), tokenizer: loadTokenizer(dir) };
});

afterAll(async () => {
  await verifier.scorer.close();
  folder[Symbol.dispose]();
});

function encode(...rows: { id: string; question: string; steps: string[] }[]) {
  const signal = new AbortController().signal;
  return encodeRows(
    rows.map((row) => verification.ScoreRow.fromPartial(row)),
    { ...verifier, signal },
  );
}

it("puts the question into the verifier's template and marks the end of every step", async () => {
  const [encoded] = await encode({ id: 'x', question: 'c', steps: ['a .', 'b b .'] });
  const [a, b, c, dot] = [3, 4, 5, 6];
  expect(encoded).toEqual({
    id: 'x',
    row: { ids: [1, a, c, b, a, dot, b, b, dot], promptLength: 4, stepEndPositions: [5, 8] },
  });
});

it('keeps what is wrong with a row to that row, in order', async () => {
  const long = 'a '.repeat(12);
  const encoded = await encode(
    { id: 'unknown', question: 'x', steps: ['a'] },
    { id: 'good', question: 'c', steps: ['a'] },
    { id: 'long', question: 'c', steps: [long] },
    { id: 'huge', question: 'c', steps: ['a '.repeat(100_000)] },
  );
  expect(encoded.map(({ id, row }) => [id, row !== undefined])).toEqual([
    ['unknown', false],
    ['good', true],
    ['long', false],
    ['huge', false],
  ]);
  const { SEQUENCE_TOO_LONG, TEXT_NOT_ENCODABLE } = common.ErrorReason;
  expect(encoded.map(({ error }) => error?.reason)).toEqual([
    TEXT_NOT_ENCODABLE,
    undefined,
    SEQUENCE_TOO_LONG,
    SEQUENCE_TOO_LONG,
  ]);
  expect(encoded[2]?.error?.message).toBe('the path has 16 tokens, the verifier takes 12');
  expect(encoded[3]?.error?.message).toBe('the path has more than 12 tokens, the verifier takes 12');
});
