import type { GeneratedSample, ResolvedRequest } from '@sipf/inference';
import { openTokenizer, type AsyncTokenizer } from '@sipf/models';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { wordTokenizer } from '../testing/word-tokenizer.ts';
import { withOwnText } from './own-text.ts';
import { readCompletion, type AskedModel } from './read-completion.ts';

const folder = temporaryFolder();
const asked: AskedModel = { name: 'policy', digest: 'sha256:1', stopTokenIds: [2], vocabSize: 5 };
let tokenizer: AsyncTokenizer;

beforeAll(async () => {
  const files = wordTokenizer(['a', 'b']);
  const dir = join(folder.path, 'tokenizer');
  mkdirSync(dir);
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(files.tokenizer));
  writeFileSync(join(dir, 'tokenizer_config.json'), JSON.stringify(files.config));
  tokenizer = await openTokenizer(dir);
});

afterAll(() => {
  folder[Symbol.dispose]();
});

const request: ResolvedRequest = {
  ...{ requestIndex: 0, promptText: undefined },
  ...{ promptIds: [1, 3], n: 1, firstSampleIndex: 0, seed: '1', key: '', pieces: false },
  ...{ topLogProbs: 0, promptLogProbs: false },
  sampling: {
    ...{ greedy: false, temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 },
    ...{ maxNewTokens: 3, stopStrings: [], stopTokenIds: [2] },
  },
};
const choice = {
  ...{ index: 0, text: ' a b', finish_reason: 'stop', token_ids: [3, 4, 2] },
  logprobs: { token_logprobs: [-1, -2, -3] },
};
const answer = {
  ...{ object: 'text_completion', model: 'policy', choices: [choice] },
  usage: { prompt_tokens: 2, completion_tokens: 3 },
};

async function read(body: unknown, wanted = request): Promise<GeneratedSample | undefined> {
  const completion = readCompletion(typeof body === 'string' ? body : JSON.stringify(body), asked, wanted);
  return completion && (await withOwnText(completion, wanted, tokenizer));
}

function withChoice(change: object): object {
  return { ...answer, choices: [{ ...choice, ...change }] };
}

it('reads a sample as the engine would give it', async () => {
  const sample = {
    tokenIds: [3, 4, 2],
    tokenCount: 3,
    logProbs: [-1, -2, -3],
    meanLogProb: -2,
    finishReason: 'end-token',
  };
  expect(await read(answer)).toMatchObject(sample);
  expect(await read({ ...answer, usage: undefined, object: undefined })).toMatchObject(sample);
  expect(await read(withChoice({ token_ids: null, stop_reason: 'x' }))).toMatchObject({
    ...{ text: ' a b', tokenIds: undefined, finishReason: 'stop-string' },
  });
  // White space is the tokenizer's, whatever the server makes of it.
  expect((await read(withChoice({ text: 'ab' })))?.text).toBe((await read(answer))?.text);
});

it.each<[string, unknown]>([
  ['no JSON', '<html>'],
  ['a text', '"choices"'],
  ['nothing that is known', { error: 'x' }],
  ['choices of nobody', { choices: [{ text: 1 }] }],
  ['a sample that the server gave up', withChoice({ finish_reason: 'abort' })],
])('asks a server again that stumbled: %s', async (_what, body) => {
  expect(await read(body)).toBeUndefined();
});

it.each<[string, object, string]>([
  ['no log-probabilities', withChoice({ logprobs: undefined }), 'choices[0].logprobs'],
  ['null for them', withChoice({ logprobs: null }), 'choices[0].logprobs'],
  ['another form of them', withChoice({ logprobs: { content: [] } }), 'choices[0].logprobs.token_logprobs'],
  [
    'none of one token',
    withChoice({ logprobs: { token_logprobs: [-1, null, -3] } }),
    'choices[0].logprobs.token_logprobs[1]',
  ],
  [
    'one over 0',
    withChoice({ logprobs: { token_logprobs: [-1, 3, -3] } }),
    'choices[0].logprobs.token_logprobs[1]',
  ],
  ['fewer than tokens', withChoice({ logprobs: { token_logprobs: [-1, -2] } }), 'choices[0].token_ids'],
  ['no choice', { ...answer, choices: [] }, 'choices'],
  ['more choices than one', { ...answer, choices: [choice, choice] }, 'choices'],
  ['the choice of another index', withChoice({ index: 1 }), 'choices[0].index'],
  ['a conversation', { ...answer, object: 'chat.completion' }, 'object'],
  ['a conversation’s choice', withChoice({ text: undefined, message: { content: 'a' } }), 'choices[0].text'],
  ['no reason of its end', withChoice({ finish_reason: undefined }), 'choices[0].finish_reason'],
  ['another reason', withChoice({ finish_reason: 'content_filter' }), 'choices[0].finish_reason'],
  ['no name of the model', { ...answer, model: undefined }, 'model'],
  [
    'other counts',
    { ...answer, usage: { prompt_tokens: 2, completion_tokens: 9 } },
    'usage.completion_tokens',
  ],
  ['another prompt', { ...answer, usage: { prompt_tokens: 1, completion_tokens: 3 } }, 'usage.prompt_tokens'],
  ['tokens of another vocabulary', withChoice({ token_ids: [3, 9, 2] }), 'choices[0].token_ids[1]'],
  ['a text of another tokenizer', withChoice({ text: 'Once upon' }), 'choices[0].text'],
  [
    'more tokens than were asked for',
    {
      ...withChoice({ token_ids: [3, 3, 3, 3], logprobs: { token_logprobs: [-1, -1, -1, -1] } }),
      usage: null,
    },
    'choices[0].logprobs.token_logprobs',
  ],
])('names the field at once of an answer with %s', async (_what, body, field) => {
  await expect(read(body)).rejects.toThrow(
    expect.objectContaining({
      ...{ kind: 'failed-precondition', reason: 'BACKEND_ANSWER_INVALID' },
      message: expect.stringContaining(`${field} `) as string,
      violations: [expect.objectContaining({ field })],
    }),
  );
});

it.each([
  ['model', { ...answer, model: 'policy@main' }],
  ['system_fingerprint', { ...answer, system_fingerprint: 'sha256:2' }],
])('takes no answer of another model: %s', async (field, body) => {
  await expect(read(body)).rejects.toThrow(
    expect.objectContaining({ reason: 'MODEL_NOT_LOADED', violations: [expect.objectContaining({ field })] }),
  );
});

const wanted = { ...request, topLogProbs: 2, promptLogProbs: true };
const withIds = {
  logprobs: {
    token_logprobs: [-1, -2, -3],
    top_logprobs: [
      { 'token_id:4': -0.5, 'token_id:3': -1 },
      { 'token_id:4': -2, 'token_id:3': -0.1, 'token_id:2': -0.2 },
      { 'token_id:2': -3, 'token_id:1': -4 },
    ],
  },
  prompt_logprobs: [
    null,
    { 3: { logprob: -7, rank: 4 }, 2: { logprob: -1, rank: 1 }, 4: { logprob: -2, rank: 2 } },
  ],
};

it('reads what else was likely, and what is made of the prompt', async () => {
  const sample = await read(withChoice(withIds), wanted);
  const ranked = (...tokens: [number, number][]) => tokens.map(([token, logProb]) => ({ token, logProb }));
  expect(sample?.top).toEqual([
    ranked([4, -0.5], [3, -1]),
    ranked([3, -0.1], [2, -0.2]),
    ranked([2, -3], [1, -4]),
  ]);
  expect(sample?.prompt).toEqual([{ logProb: -7, top: ranked([2, -1], [4, -2]) }]);
  const onlyRead = { ...wanted, sampling: { ...request.sampling, maxNewTokens: 0 } };
  const one = { ...withIds, token_ids: [3], text: 'a', logprobs: { token_logprobs: [-1] } };
  expect(await read({ ...withChoice(one), usage: null }, onlyRead)).toMatchObject({
    ...{ text: '', tokenIds: [], prompt: sample?.prompt },
  });
});

it.each<[string, object, string]>([
  ['none of them', { logprobs: choice.logprobs }, 'choices[0].logprobs.top_logprobs'],
  [
    'texts for ids',
    { logprobs: { ...choice.logprobs, top_logprobs: [{ a: -1, b: -2 }, {}, {}] } },
    'choices[0].logprobs.top_logprobs[0]',
  ],
  ['nothing of the prompt', { prompt_logprobs: null }, 'choices[0].prompt_logprobs'],
  [
    'another prompt',
    { prompt_logprobs: [null, { 9: { logprob: -1, rank: 1 } }] },
    'choices[0].prompt_logprobs[1]',
  ],
])('names the field of an answer that should hold more: %s', async (_what, change, field) => {
  await expect(read(withChoice({ ...withIds, ...change }), wanted)).rejects.toThrow(
    expect.objectContaining({ violations: [expect.objectContaining({ field })] }),
  );
});
