import { loadTokenizer } from '@sipf/models';
import type { OpenAiError } from '@sipf/openai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoPaths } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const prompt = '<<12+3=15>>15\n';
const messages = [{ role: 'user', content: 'How many pens?' }];
let model: string;
let programs: RunningProgram[] = [];
let url: string;

beforeAll(async () => {
  model = await writeModel(folder.path, 'model', randomModel('openai-requests'));
  writeFileSync(join(model, 'chat_template.jinja'), '{% for m in messages %}{{ m.content }}\n{% endfor %}');
  const service = await startProgram('generation', ['--model', model]);
  programs = [service];
  const gateway = await startProgram('gateway', ['--generation', service.address]);
  programs.push(gateway);
  url = `http://${gateway.address}/v1/`;
});

afterAll(async () => {
  for (const program of programs.reverse()) await program[Symbol.asyncDispose]();
  folder.remove();
});

type Answer = Record<string, unknown> & {
  readonly choices: readonly {
    readonly text: string;
    readonly message: { readonly content: string };
    readonly token_ids: readonly number[];
    readonly logprobs: Record<string, never> | null;
    readonly prompt_logprobs: readonly (Record<string, { logprob: number; rank: number | null }> | null)[];
  }[];
};

async function ask(path: string, body: unknown, init: RequestInit = {}): Promise<[number, Answer]> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: (typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)) as string,
    ...init,
  });
  const text = await response.text();
  expectNoPaths(text);
  return [response.status, JSON.parse(text) as Answer];
}

/** Checks that it has OpenAI's form. */
function failureOf([status, body]: [number, Answer]) {
  const { error } = body as unknown as { error: OpenAiError['error'] };
  expect(Object.keys(body)).toEqual(['error']);
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  return { status, ...error };
}

const paths = {
  completions: { prompt, max_tokens: 2, seed: 1 },
  'chat/completions': { messages, max_tokens: 2, seed: 1 },
} as const;
type Path = keyof typeof paths;

/** Fields that both paths have, by what is wrong with their values. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  model: [1, '', 'x'.repeat(257)],
  n: [0, -1, 1.5, '2', 2 ** 33, 1025, true, []],
  temperature: [-1, -1e-9, 1e-38, 101, '1', 'RAW:1e400', 'RAW:-1e400', {}],
  top_p: [0, -0.5, 1.1, '1', 'RAW:1e400'],
  top_k: [-2, 1.5, 2 ** 32, 2 ** 33, '5'],
  min_p: [-0.1, 1.1, 'RAW:1e400'],
  repetition_penalty: [0, -1, 11, 1e-38, 'RAW:1e400'],
  max_tokens: [-1, 0, 1.5, 2 ** 32, 2 ** 33, 1e6, '5', 'RAW:1e400'],
  seed: [1.5, 2 ** 63, 2 ** 64, -(2 ** 64), '7', 'RAW:9223372036854775807'],
  stop: [1, [1], [''], Array.from({ length: 17 }, () => 'x'), ['x'.repeat(257)], [['x']]],
  stream: ['true', 1],
  stream_options: [true, { include_usage: 1 }, { include_obfuscation: true }, { other: 1 }],
  user: [1, 'x'.repeat(257)],
  return_token_ids: ['yes'],
  presence_penalty: [0.5, '0'],
  frequency_penalty: [-0.5],
  logit_bias: [{ 5: 1 }, { 5: 0 }, [1], []],
  response_format: [{ type: 'json_object' }, { type: 'text', x: 1 }, 'text'],
  store: [true],
  service_tier: ['flex'],
  best: [1],
  use_beam_search: [true],
  stop_token_ids: [[1]],
  bad_words: [['x']],
  ignore_eos: [true],
  min_tokens: [3],
  skip_special_tokens: [false],
  allowed_token_ids: [[1]],
  include_stop_str_in_output: [true],
  guided_json: [{}],
  priority: [1],
  length_penalty: [2],
};
const WRONG_THERE: Readonly<Record<Path, typeof WRONG>> = {
  completions: {
    prompt: [
      1,
      [],
      null,
      {},
      ['a', 1],
      [1, 'a'],
      [[1], 'a'],
      [[]],
      [1.5],
      [-1],
      [2 ** 33],
      [[1, -1]],
      '\ud800',
    ],
    logprobs: [21, -1, 1.5, true, '1', 'RAW:1e400'],
    prompt_logprobs: [21, -1, true],
    echo: ['true', 1],
    best_of: [2, 0, '1'],
    suffix: ['x'],
    messages: [messages],
    add_special_tokens: [false],
  },
  'chat/completions': {
    prompt: ['x'],
    messages: [
      [],
      'x',
      [{ role: 'user' }],
      [{ role: '', content: 'x' }],
      [{ role: 'user', content: null }],
      [{ role: 'user', content: [] }],
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }],
      [{ role: 'tool', content: 'x', tool_call_id: 'a' }],
      [{ role: 'assistant', content: 'x', tool_calls: [{ id: 'a' }] }],
      [{ role: 'user', content: '\udc00' }],
    ],
    logprobs: [1, 'true'],
    top_logprobs: [5, 21, -1],
    best_of: [2, 0, '1'],
    max_completion_tokens: [-1, 0, 1e6, 2 ** 33],
    tools: [[{ type: 'function' }], {}],
    tool_choice: ['required', { type: 'function' }],
    functions: [[{ name: 'f' }]],
    modalities: [['audio'], ['text', 'audio']],
    reasoning_effort: ['high'],
    echo: [true],
    continue_final_message: [true],
    chat_template: ['x'],
  },
};

const wrong = Object.keys(paths).flatMap((path) =>
  Object.entries({ ...WRONG, ...WRONG_THERE[path as Path] }).map(
    ([field, values]) => [path as Path, field, values] as const,
  ),
);

it.each(wrong)('%s: names %s where its value is none that is done', async (path, field, values) => {
  for (const value of values) {
    const body = JSON.stringify({ ...paths[path], [field]: value }).replace(/"RAW:([^"]*)"/, '$1');
    const failure = failureOf(await ask(path, body));
    expect({ value, ...failure }).toMatchObject({ status: 400, param: field, code: 'INVALID_FIELD' });
    expect(failure.type).toBe('invalid_request_error');
  }
});

const NEUTRAL = {
  ...{ logit_bias: {}, response_format: { type: 'text' }, presence_penalty: 0, frequency_penalty: 0, n: 1 },
  ...{
    user: 'me',
    store: false,
    metadata: { a: 'b' },
    stream_options: null,
    stream: false,
    top_p: 1,
    top_k: -1,
  },
  ...{ min_p: 0, repetition_penalty: 1, stop: [], service_tier: 'auto', length_penalty: 1, min_tokens: 0 },
  ...{ ignore_eos: false, skip_special_tokens: true, stop_token_ids: [], bad_words: [], priority: 0 },
  ...{ spaces_between_special_tokens: true, use_beam_search: false, prompt_cache_key: 'k', temperature: 1 },
};
const NEUTRAL_THERE: Readonly<Record<Path, object>> = {
  completions: {
    ...{
      logprobs: null,
      echo: false,
      best_of: 1,
      suffix: null,
      prompt_logprobs: null,
      add_special_tokens: true,
    },
  },
  'chat/completions': {
    messages: [
      { role: 'user', name: 'x', content: [{ type: 'text', text: 'How many pens?' }], tool_calls: [] },
    ],
    ...{
      logprobs: false,
      top_logprobs: null,
      tools: [],
      tool_choice: 'auto',
      functions: [],
      modalities: ['text'],
    },
    ...{ best_of: 1, parallel_tool_calls: true, function_call: 'none', verbosity: 'medium', documents: null },
    ...{ add_generation_prompt: true, max_completion_tokens: 2 },
  },
};

it.each(Object.keys(paths) as Path[])('%s: takes fields that ask for nothing', async (path) => {
  const [, own] = await ask(path, paths[path]);
  const [status, answer] = await ask(path, { ...paths[path], ...NEUTRAL, ...NEUTRAL_THERE[path] });
  expect([status, answer.choices]).toEqual([200, own.choices]);
  const nulls = Object.fromEntries(
    Object.keys({ ...NEUTRAL, ...NEUTRAL_THERE[path] }).map((key) => [key, null]),
  );
  const [none, same] = await ask(path, { ...nulls, ...paths[path] });
  expect([none, same.choices]).toEqual([200, own.choices]);
  const negative = await ask(path, { ...paths[path], seed: -5, temperature: 0 });
  expect(negative[0]).toBe(200);
});

it.each([
  ['top_p', 1e-8, 'top_p: must be a number from 0.000001 to 1, is 1e-8'],
  ['repetition_penalty', 1e-5, 'repetition_penalty: must be a number from 0.001 to 10, is 0.00001'],
  ['temperature', 1e-9, 'temperature: must be a number from 0.000001 to 100, is 1e-9; 0 is greedy'],
  ['prompt', [100_000], /^prompt: must be below \d+, the size of the model's vocabulary; is 100000$/],
])('names a remedy for %s that JSON takes', async (field, value, message) => {
  const failure = failureOf(await ask('completions', { ...paths.completions, [field]: value }));
  expect(failure).toMatchObject({ status: 400, param: field });
  expect(failure.message).toMatch(message);
});

/** What OpenAI refuses together, the field that it names, and what passes beside it. */
const TOGETHER: readonly (readonly [path: Path, field: string, refused: object, taken: object])[] = [
  ...(Object.keys(paths) as Path[]).flatMap((path) =>
    [{ include_usage: true }, { include_usage: false }].map(
      (options) =>
        [
          path,
          'stream_options',
          { stream_options: options },
          { stream_options: options, stream: true },
        ] as const,
    ),
  ),
  [
    'completions',
    'stream_options',
    { stream_options: { include_usage: true }, stream: null },
    { stream_options: {} },
  ],
  ['chat/completions', 'max_tokens', { max_completion_tokens: 3 }, { max_completion_tokens: 2 }],
  [
    'chat/completions',
    'top_logprobs',
    { top_logprobs: 2, logprobs: false },
    { top_logprobs: 0, logprobs: false },
  ],
  ['completions', 'best_of', { best_of: 3, n: 2 }, { best_of: 2, n: 2 }],
  ['completions', 'max_tokens', { max_tokens: 0, logprobs: 1 }, { max_tokens: 0, logprobs: 1, echo: true }],
];

it.each(TOGETHER)(
  '%s: refuses %s beside another field as in %j, and takes %j',
  async (path, field, refused, taken) => {
    const failure = failureOf(await ask(path, { ...paths[path], ...refused }));
    expect(failure).toMatchObject({ status: 400, param: field, code: 'INVALID_FIELD' });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ ...paths[path], ...taken });
    const answer = await fetch(url + path, { method: 'POST', headers, body });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('"choices"')]);
  },
);

it.each(['x-sipf-prompt-id', 'x-sipf-sample-index'])('refuses the header %s without a seed', async (name) => {
  const headers = { 'content-type': 'application/json', [name]: '3' };
  const failure = failureOf(await ask('completions', paths.completions, { headers }));
  expect(failure).toMatchObject({ status: 400, param: 'x-sipf-seed' });
  expect(failure.message).toBe(`x-sipf-seed: is required with ${name}`);
});

describe('what is not a request', () => {
  const plain = { headers: { 'content-type': 'text/plain' } };
  const json = 'application/json';
  it.each<[string, string, unknown, RequestInit, object]>([
    ['a path that there is not', 'nothing', {}, {}, { status: 404, code: 'PATH_NOT_FOUND' }],
    ['one below a path', 'completions/x', {}, {}, { status: 404 }],
    ['a path of OpenAI’s that is not served', 'embeddings', {}, {}, { status: 404 }],
    ['another method', 'completions', undefined, { method: 'GET', body: null }, { status: 405 }],
    ['another method of a model', 'models/x', {}, { method: 'DELETE' }, { status: 405 }],
    ['a URL that cannot be read', 'models/%zz', undefined, { method: 'GET', body: null }, { status: 400 }],
    ['a text', 'completions', 'hello', plain, { status: 415 }],
    ['lines', 'completions', '{}', { headers: { 'content-type': 'application/x-ndjson' } }, { status: 415 }],
    [
      'another charset',
      'completions',
      '{}',
      { headers: { 'content-type': `${json}; charset=utf-16` } },
      { status: 415 },
    ],
    [
      'bytes that are not UTF-8',
      'completions',
      Buffer.from([0x22, 0xff, 0x22]),
      {},
      { status: 400, param: 'body' },
    ],
    ['no JSON', 'completions', '{"prompt": NaN}', {}, { status: 400, type: 'invalid_request_error' }],
    ['nothing', 'completions', '', {}, { status: 400 }],
    ['a list', 'completions', '[]', {}, { status: 400, param: 'body' }],
    ['null', 'chat/completions', 'null', {}, { status: 400, param: 'body' }],
    [
      'a deep list',
      'completions',
      `{"prompt":${'['.repeat(1e6)}${']'.repeat(1e6)}}`,
      {},
      { status: 400, param: 'prompt' },
    ],
    [
      'a deep field',
      'completions',
      `{"prompt":"x","logit_bias":${'['.repeat(1e6)}${']'.repeat(1e6)}}`,
      {},
      { status: 400, param: 'logit_bias' },
    ],
  ])('is refused in OpenAI’s form: %s', async (_what, path, body, init, expected) => {
    expect(failureOf(await ask(path, body, init))).toMatchObject(expected);
  });

  it.each(['gzip', 'deflate', 'br', 'zstd', 'identity, gzip'])(
    'nor a body that is packed: %s',
    async (encoding) => {
      const headers = { 'content-type': json, 'content-encoding': encoding };
      const packed = gzipSync(JSON.stringify(paths.completions));
      expect(failureOf(await ask('completions', packed, { headers }))).toMatchObject({ status: 415 });
      const identity = { 'content-type': json, 'content-encoding': 'identity' };
      expect((await ask('completions', paths.completions, { headers: identity }))[0]).toBe(200);
    },
  );
});

it.each([
  ['texts', { prompt: Array.from({ length: 100_000 }, () => 'x') }, 'prompt'],
  ['tokens', { prompt: Array.from({ length: 100_000 }, () => [1]) }, 'prompt'],
  ['wrong prompts', { prompt: Array.from({ length: 4000 }, () => '\ud800') }, 'prompt'],
  ['stop strings', { prompt, stop: Array.from({ length: 100_000 }, () => 1) }, 'stop'],
  [
    'fields',
    { prompt, ...Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`f${at}`, 1])) },
    'f0',
  ],
])('refuses more than may be without reading them one by one: %s', async (_what, body, param) => {
  const text = JSON.stringify(body);
  const started = performance.now();
  expect(failureOf(await ask('completions', text))).toMatchObject({ status: 400, param });
  // Reading and checking every entry took seconds; the bound is for a busy machine.
  expect(performance.now() - started).toBeLessThan(2000);
});

interface LogProbs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly (number | null)[];
  readonly top_logprobs: readonly (Record<string, number> | null)[];
  readonly text_offset: readonly number[];
}

describe('log-probabilities', () => {
  const echo = { prompt, echo: true, logprobs: 3, max_tokens: 0 };
  const logProbsOf = ([status, { choices }]: [number, Answer], index = 0): LogProbs => {
    expect(status).toBe(200);
    return choices[index]?.logprobs as unknown as LogProbs;
  };

  it('returns those of the prompt, null first, and of what is written after it', async () => {
    const ids = loadTokenizer(model).encode(prompt);
    const read = await ask('completions', echo);
    const { tokens, token_logprobs: own, top_logprobs: top, text_offset: offsets } = logProbsOf(read);
    expect(read[1].choices[0]).toMatchObject({ text: prompt, finish_reason: 'length' });
    expect(read[1]['usage']).toMatchObject({ prompt_tokens: ids.length, completion_tokens: 0 });
    expect([tokens.length, own.length, top.length, offsets.length]).toEqual(Array(4).fill(ids.length));
    expect([own[0], top[0], offsets[0]]).toEqual([null, null, 0]);
    expect(tokens.slice(1).join('')).toBe(prompt);
    for (const [at, token] of tokens.entries()) {
      if (at === 0) continue;
      expect(prompt.slice(offsets[at]).startsWith(token)).toBe(true);
      expect(top[at]?.[token]).toBe(own[at]);
      expect([3, 4]).toContain(Object.keys(top[at] ?? {}).length);
    }
    const longer = await ask('completions', { ...echo, max_tokens: 3, temperature: 0 });
    const written = logProbsOf(longer);
    expect(longer[1].choices[0]?.text.startsWith(prompt)).toBe(true);
    expect(written.token_logprobs.slice(0, ids.length)).toEqual(own);
    const rest = [...written.token_logprobs.keys()].slice(ids.length);
    expect(rest.length).toBeGreaterThan(0);
    for (const at of rest) {
      expect(written.token_logprobs[at]).toBe(Math.max(...Object.values(written.top_logprobs[at] ?? {})));
    }
    expect(written.text_offset[ids.length]).toBe(prompt.length);
    // The vocabulary lacks the word, so that no offset in the text is known.
    const unknown = await ask('completions', { ...echo, prompt: 'Tom has 12 pens\n' });
    expect(unknown[1].choices[0]?.text).toBe('Tom has 12 pens\n');
    expect(logProbsOf(unknown).text_offset).toEqual([]);
  });

  it('returns the same for tokens, for several prompts and samples, by ids and in vLLM’s list', async () => {
    const ids = loadTokenizer(model).encode(prompt);
    const whole = logProbsOf(await ask('completions', echo));
    const both = await ask('completions', { ...echo, prompt: [ids, ids.slice(0, 3)] });
    expect(logProbsOf(both)).toEqual(whole);
    expect(logProbsOf(both, 1).token_logprobs).toEqual(whole.token_logprobs.slice(0, 3));
    expect(both[1].choices[0]?.text).toBe(prompt);
    const named = await ask('completions', { ...echo, return_tokens_as_token_ids: true });
    expect(logProbsOf(named).tokens).toEqual(ids.map((id) => `token_id:${id}`));
    expect(logProbsOf(named).token_logprobs).toEqual(whole.token_logprobs);
    const apart = {
      prompt,
      n: 2,
      seed: 3,
      max_tokens: 2,
      prompt_logprobs: 2,
      logprobs: 1,
      return_token_ids: true,
    };
    const [, { choices }] = await ask('completions', apart);
    for (const { prompt_logprobs: positions, text } of choices) {
      expect([positions[0], text.startsWith(prompt)]).toEqual([null, false]);
      const own = positions.slice(1).map((position, at) => position?.[String(ids[at + 1])]?.logprob);
      expect(own).toEqual(whole.token_logprobs.slice(1));
      for (const position of positions.slice(1)) {
        const ranks = Object.values(position ?? {}).flatMap(({ rank }) => (rank === null ? [] : [rank]));
        expect(ranks.sort()).toEqual([1, 2]);
      }
    }
    const [, plain] = await ask('completions', {
      prompt,
      n: 2,
      seed: 3,
      max_tokens: 2,
      return_token_ids: true,
    });
    expect(plain.choices.map((choice) => choice.token_ids)).toEqual(
      choices.map((choice) => choice.token_ids),
    );
  });

  it('gives the prompt back without them, and one by one where it streams', async () => {
    const [, plain] = await ask('completions', { prompt, echo: true, max_tokens: 0 });
    expect(plain.choices).toMatchObject([{ text: prompt, logprobs: null }]);
    const response = await fetch(`${url}completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...echo, stream: true }),
    });
    const [event = ''] = (await response.text()).split('\n\n');
    const chunk = JSON.parse(event.replace(/^data: /, '')) as Answer;
    expect(logProbsOf([200, chunk])).toEqual(logProbsOf(await ask('completions', echo)));
  });

  it('returns those of a conversation’s answer', async () => {
    const body = {
      ...paths['chat/completions'],
      temperature: 0,
      logprobs: true,
      top_logprobs: 2,
      return_token_ids: true,
    };
    const [status, answer] = await ask('chat/completions', body);
    const content =
      (answer.choices[0]?.logprobs as unknown as { content: ChatToken[] } | undefined)?.content ?? [];
    expect([status, content.length]).toEqual([200, answer.choices[0]?.token_ids.length]);
    for (const { token, logprob, bytes, top_logprobs: top } of content) {
      expect(bytes).toEqual([...Buffer.from(token)]);
      expect(top).toHaveLength(2);
      expect(top[0]).toEqual({ token, logprob, bytes });
    }
  });

  it('fills the model with a prompt that is only read, and not with more', async () => {
    const whole = await ask('completions', { ...echo, prompt: Array.from({ length: 64 }, () => 5) });
    expect(logProbsOf(whole).tokens).toHaveLength(64);
    for (const body of [
      { ...echo, prompt: Array.from({ length: 65 }, () => 5) },
      { ...echo, prompt: Array.from({ length: 64 }, () => 5), max_tokens: 1 },
    ]) {
      expect(failureOf(await ask('completions', body))).toMatchObject({ status: 400, code: 'TEXT_TOO_LONG' });
    }
    const many = {
      ...echo,
      logprobs: 20,
      prompt: Array.from({ length: 1000 }, () => Array.from({ length: 60 }, () => 5)),
    };
    expect(failureOf(await ask('completions', many))).toMatchObject({ status: 400, param: 'logprobs' });
    const foreign = await ask('completions', { ...echo, prompt: [1, 2_000_000] });
    expect(failureOf(foreign)).toMatchObject({ status: 400, param: 'prompt' });
  });
});

interface ChatToken {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
  readonly top_logprobs: readonly ChatToken[];
}
