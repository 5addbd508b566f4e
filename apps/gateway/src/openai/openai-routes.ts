import { httpErrorOf, type ErrorForm } from '@sipf/service/http';
import type { FastifyInstance } from 'fastify';
import { addCompletionRoutes } from './completion-routes.ts';
import { addModelRoutes } from './model-routes.ts';
import { openAiFailureOf } from './openai-error.ts';
import type { OpenAiParts } from './openai-parts.ts';

/** Adds OpenAI's API over the generation service. */
export function addOpenAiRoutes(server: FastifyInstance, parts: OpenAiParts): void {
  addCompletionRoutes(server, parts);
  addModelRoutes(server, parts);
}

/** OpenAI's form of errors for every path of its API, also those that are not served here; the gateway's own for other paths. */
export function errorFormOf(url: string): ErrorForm {
  return /^\/v1(?!\/verification(?:[/?]|$))(?:[/?]|$)/.test(url) ? openAiFailureOf : httpErrorOf;
}
