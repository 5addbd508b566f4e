import { SipfError } from '@sipf/errors';
import { fastify } from 'fastify';
import { afterAll, expect, it } from 'vitest';
import { readPlainJson } from './read-plain-json.ts';

const server = fastify();
readPlainJson(server);
server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
  const field = error instanceof SipfError ? error.violations[0]?.field : undefined;
  return reply.status(error.statusCode ?? 400).send({ field, message: error.message });
});
server.post('/', ({ body }) => ({ keys: Object.keys(body as object) }));
afterAll(() => server.close());

async function answerTo(body: string | Buffer): Promise<unknown> {
  const answer = await server.inject({
    method: 'POST',
    url: '/',
    body,
    headers: { 'content-type': 'application/json' },
  });
  return { status: answer.statusCode, ...answer.json<object>() };
}

it.each([
  ['{"n": 1, "__proto__": {"n": 2}}', '__proto__'],
  ['{"messages": [{}, {"role": {"__proto__": null}}]}', 'messages[1].role.__proto__'],
  ['{"a": {"\\u005f_proto__": 1}}', 'a.__proto__'],
  ['{"constructor": {"prototype": {"n": 2}}}', 'constructor'],
  ['[{"__proto__": 1}]', '[0].__proto__'],
])('refuses keys that make a prototype, and says where: %s', async (body, field) => {
  expect(await answerTo(body)).toEqual({
    status: 400,
    field,
    message: `${field} is a key that no request has; leave it out`,
  });
});

it('passes other keys on for validation, and leaves texts alone', async () => {
  expect(await answerTo('{"constructor": 1, "prototype": {}}')).toEqual({
    status: 200,
    keys: ['constructor', 'prototype'],
  });
  expect(await answerTo('{"prompt": "\\"__proto__\\": 1"}')).toEqual({ status: 200, keys: ['prompt'] });
});

it('refuses invalid UTF-8 and invalid JSON', async () => {
  expect(await answerTo(Buffer.from('{"a": "\xff"}', 'latin1'))).toMatchObject({
    status: 400,
    field: 'body',
    message: 'the body is not UTF-8',
  });
  expect(await answerTo('{"__proto__": ')).toMatchObject({ status: 400 });
});
