import { chatRequest, completionRequest, loadAdapterRequest, unloadAdapterRequest } from '@sipf/openai';
import { z } from 'zod';
import type { JsonSchema } from '../contract/json-schema.ts';

/** The paths of OpenAI's API that are served here, for the OpenAPI document; the schemas are those that check requests. */
export function openAiPaths(): JsonSchema {
  const schemas = {
    '/v1/completions': ['Completions of texts or tokens', completionRequest],
    '/v1/chat/completions': ['The next answer of a conversation', chatRequest],
    '/v1/load_lora_adapter': ['Loads an adapter under a name', loadAdapterRequest],
    '/v1/unload_lora_adapter': ['Removes the name of an adapter', unloadAdapterRequest],
  } as const;
  const posts = Object.entries(schemas).map(([path, [description, schema]]) => [
    path,
    { post: { description, requestBody: bodyOf(schema), responses: RESPONSES } },
  ]);
  const list = { get: { description: 'The models that are loaded', responses: RESPONSES } };
  return { ...(Object.fromEntries(posts) as JsonSchema), '/v1/models': list };
}

function bodyOf(schema: z.ZodType): JsonSchema {
  return {
    required: true,
    content: { 'application/json': { schema: z.toJSONSchema(schema, { io: 'input' }) } },
  };
}

const RESPONSES: JsonSchema = {
  200: { description: 'As OpenAI’s API, or one event per piece where `stream` is true' },
  default: {
    description: 'What is wrong, as OpenAI’s API: `{"error": {"message", "type", "param", "code"}}`',
  },
};
