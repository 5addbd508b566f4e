import { commentOf } from './comments.ts';
import { referenceTo, schemasOf, type JsonSchema } from './json-schema.ts';
import type { MethodContract, ServiceContract } from './service-contract.ts';

/** Media types of a stream's requests and answers. */
export const STREAM_TYPES = { request: 'application/x-ndjson', response: 'text/event-stream' } as const;

/** The OpenAPI 3.1 document of a service over HTTP, derived from its proto alone. */
export function openApiOf({ service, methods }: ServiceContract, version: string): JsonSchema {
  const messages = methods.flatMap(({ method }) => [method.input, method.output]);
  const paths = Object.fromEntries(methods.map((method) => [method.path, { post: operation(method) }]));
  const document = documentOf(service.typeName, version, paths);
  const info = { ...(document['info'] as JsonSchema), description: commentOf(service) };
  const components = { schemas: { ...schemasOf(messages), Error: ERROR_SCHEMA } };
  return { ...document, info, components };
}

/** A document of paths alone. */
export function documentOf(title: string, version: string, paths: JsonSchema): JsonSchema {
  return { openapi: '3.1.0', info: { title, version }, paths };
}

function operation({ method, isStream }: MethodContract): JsonSchema {
  const [request, response] = [referenceTo(method.input), referenceTo(method.output)];
  const content = isStream
    ? {
        request: { [STREAM_TYPES.request]: { schema: request } },
        response: { [STREAM_TYPES.response]: { schema: response } },
      }
    : { request: json(request), response: json(response) };
  return {
    operationId: method.localName,
    description: commentOf(method),
    parameters: [DEADLINE],
    requestBody: { required: true, content: content.request },
    responses: {
      200: {
        description: isStream ? 'One event per answer; `error` ends the stream' : 'The answer',
        content: content.response,
      },
      default: { description: 'What is wrong', content: json({ $ref: '#/components/schemas/Error' }) },
    },
  };
}

function json(schema: JsonSchema): JsonSchema {
  return { 'application/json': { schema } };
}

const DEADLINE: JsonSchema = {
  name: 'x-deadline-ms',
  in: 'header',
  description: 'Time limit of the call in milliseconds; unfinished work is then dropped.',
  schema: { type: 'integer', minimum: 1 },
};

const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['kind', 'reason', 'message', 'violations'],
      properties: {
        kind: { type: 'string' },
        reason: { type: 'string', description: 'Stable code for programs, as in gRPC.' },
        message: { type: 'string' },
        violations: {
          type: 'array',
          items: {
            type: 'object',
            properties: { field: { type: 'string' }, description: { type: 'string' } },
          },
        },
        retryAfterMs: { type: 'number' },
      },
    },
  },
};
