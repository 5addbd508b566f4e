import type { FastifyInstance } from 'fastify';
import { addCompletionRoutes } from './completion-routes.ts';
import { addModelRoutes } from './model-routes.ts';
import { openAiFailureOf } from './openai-error.ts';
import type { OpenAiParts } from './openai-parts.ts';

/** Adds OpenAI's API over the generation service; its errors have OpenAI's form, those of other routes do not. */
export function addOpenAiRoutes(server: FastifyInstance, parts: OpenAiParts): void {
  server.register((routes, _options, done) => {
    routes.setErrorHandler((error, _request, reply) => {
      const { status, retryAfterSeconds, body } = openAiFailureOf(error, parts.logFailure(error));
      if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
      return reply.status(status).send(body);
    });
    addCompletionRoutes(routes, parts);
    addModelRoutes(routes, parts);
    done();
  });
}
