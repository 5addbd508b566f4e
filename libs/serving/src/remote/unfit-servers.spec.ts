import { createLogger, createMetricsRegistry } from '@sipf/service';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createGenerators } from '../create-generators.ts';
import { bigramModel } from '../testing/bigram-model.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { wordTokenizer } from '../testing/word-tokenizer.ts';
import { writeModelFolder } from '../testing/write-model-folder.ts';
import { generatorShape } from './backend-settings.ts';

const folder = temporaryFolder();
const model = join(folder.path, 'model');
const NAME = '/models/stories';

beforeAll(async () => {
  const files = wordTokenizer(['a', 'b']);
  const shape = bigramModel(5, () => new Map([[3, 1]]), { bosTokenId: 1, eosTokenIds: [2], padTokenId: 0 });
  await writeModelFolder(model, { ...shape, tokenizer: files });
});

afterAll(() => {
  folder[Symbol.dispose]();
});

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

type Body = Readonly<Record<string, unknown>>;

/** What `transformers serve` (5.24) was seen to answer, pinned to one model. */
function transformersServe(path: string, body: Body): Answer {
  const card = { owned_by: 'local', id: NAME, object: 'model', created: 0, status: { value: 'loaded' } };
  if (path === '/v1/models') return { body: { object: 'list', data: [card] } };
  if (path !== '/v1/completions') return { status: 404, body: { detail: 'Not Found' } };
  const own = ['top_k', 'min_p', 'repetition_penalty', 'return_token_ids'].filter((field) => field in body);
  if (own.length > 0) {
    return { status: 422, body: { detail: `Unexpected fields in the request: {'${own.join("', '")}'}` } };
  }
  if (typeof body['prompt'] !== 'string')
    return { status: 400, body: { detail: 'prompt must be a string.' } };
  const usage = { completion_tokens: 1, prompt_tokens: 2, total_tokens: 3 };
  const choices = [{ finish_reason: 'length', index: 0, text: 'a' }];
  return { body: { id: 'x', choices, created: 1, model: NAME, object: 'text_completion', usage } };
}

const plain = ['backendDialect=openai', 'backendPrompt=text'];

/** Starts serving with a server of these answers, which must fail. @returns why, and how many completions were asked for */
async function refusalOf(answerOf: (path: string, body: Body) => Answer, ...flags: string[]) {
  let completions = 0;
  const server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      if (pathOf(request) === '/v1/completions') completions += 1;
      const text = Buffer.concat(chunks as Uint8Array[]).toString();
      const { status = 200, body } = answerOf(pathOf(request), text === '' ? {} : (JSON.parse(text) as Body));
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const settings = z.object(generatorShape).parse({
    ...{ model, backend: 'openai', backendUrl: `http://127.0.0.1:${port}/v1`, backendModel: NAME },
    ...{ backendAttempts: 2, ...Object.fromEntries(flags.map((flag) => flag.split('='))) },
  });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const context = { settings, logger, version: '1', registry: createMetricsRegistry() };
  try {
    const serving = await createGenerators('generation', context);
    await serving.close();
    return { completions, error: undefined };
  } catch (error) {
    return { completions, error: error as Error };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url;
}

const changed =
  (change: object) =>
  (path: string, body: Body): Answer => {
    const { body: answer } = transformersServe(path, body);
    return path === '/v1/completions' ? { body: { ...(answer as object), ...change } } : { body: answer };
  };
const listing =
  (list: unknown) =>
  (path: string, body: Body): Answer =>
    path === '/v1/models' ? { body: list } : transformersServe(path, body);
const complete = {
  choices: [{ finish_reason: 'length', index: 0, text: ' a', logprobs: { token_logprobs: [-1] } }],
};

it.each<[string, (path: string, body: Body) => Answer, string[], string[]]>([
  ['takes no tokens and other fields', transformersServe, ['top_k', 'Unexpected fields'], []],
  ['takes texts alone', transformersServe, ['prompt must be a string'], ['backendDialect=openai']],
  ['returns no log-probabilities', transformersServe, ['choices[0].logprobs', 'vLLM'], plain],
  [
    'answers under a revision',
    changed({ ...complete, model: `${NAME}@main` }),
    [`${NAME}@main`, '--backend-model'],
    plain,
  ],
  [
    'reads another prompt',
    changed({ ...complete, usage: { prompt_tokens: 1, completion_tokens: 1 } }),
    ['usage.prompt_tokens'],
    plain,
  ],
])('refuses at the start, after one question, a server that %s', async (_what, answerOf, words, flags) => {
  const { completions, error } = await refusalOf(answerOf, ...flags);
  for (const word of words) expect(error?.message).toContain(word);
  expect(error?.message).not.toContain('attempts');
  expect(completions).toBe(1);
});

it.each<[string, (path: string, body: Body) => Answer, string]>([
  [
    'lists the model under another name',
    listing({ object: 'list', data: [{ id: 'stories' }] }),
    'it lists stories',
  ],
  ['lists nothing', listing({ object: 'list', data: [] }), 'it lists none'],
  ['has another form of list', listing({ object: 'list', models: [] }), 'data '],
  ['lists what has no name', listing({ object: 'list', data: [{ name: NAME }] }), 'data[0].id '],
])('refuses at the start, before any question, a server that %s', async (_what, answerOf, words) => {
  const { completions, error } = await refusalOf(answerOf, ...plain);
  expect(error?.message).toContain(words);
  expect(error?.message).not.toContain('attempts');
  expect(completions).toBe(0);
});

it('starts with a server that returns what is needed', async () => {
  expect(await refusalOf(changed(complete), ...plain)).toEqual({ completions: 1, error: undefined });
});
