import { SipfError, type FieldViolation } from '@sipf/errors';
import type { OpenAiError } from '@sipf/openai';
import { httpErrorOf } from '@sipf/service/http';
import type { z } from 'zod';

/** An error as a client of OpenAI's is told of it. */
export interface OpenAiFailure {
  readonly status: number;
  /** In seconds, for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
  readonly body: OpenAiError;
}

/** A model that is not there is 404 for OpenAI's clients, whatever the service calls it. */
const NO_MODEL = new Set(['MODEL_NOT_LOADED', 'MODEL_NOT_FOUND']);

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** An error in OpenAI's words; `code` is its reason. @param errorId names an error that nobody foresaw */
export function openAiFailureOf(error: unknown, errorId: string): OpenAiFailure {
  const { status: own, retryAfterSeconds, body } = httpErrorOf(error, errorId);
  const { message, reason } = body.error as { readonly message: string; readonly reason: string };
  const status = NO_MODEL.has(reason) ? 404 : own;
  const [violation] = error instanceof SipfError ? error.violations : [];
  const param = violation === undefined ? null : paramOf(violation.field);
  const said = violation === undefined ? message : `${param ?? ''}: ${violation.description}`;
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  return { status, retryAfterSeconds, body: { error: { message: said, type, param, code: reason } } };
}

const PARAMS: readonly (readonly [RegExp, string])[] = [
  [/^sampling\.(max_new_tokens|maxNewTokens)$/, 'max_tokens'],
  [/^sampling\.stop_strings/, 'stop'],
  [/^sampling\.(\w+)/, '$1'],
  [/^prompts\[\d+\]\.messages.*/, 'messages'],
  [/^(prompts|promptIds).*/, 'prompt'],
  [/^client_id$/, 'user'],
];

/** The name of a field of the service as OpenAI's clients know it. */
function paramOf(field: string): string {
  const [pattern, name] = PARAMS.find(([known]) => known.test(field)) ?? [];
  return pattern === undefined || name === undefined
    ? field
    : (field.replace(pattern, name).split(/[.[]/, 1)[0] ?? field);
}

/** A body by its schema. @throws SipfError invalid-argument INVALID_FIELD naming every wrong field */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const { data, error } = schema.safeParse(body);
  if (error === undefined) return data;
  const violations = error.issues.flatMap(violationsOf);
  const words = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  throw new SipfError('invalid-argument', words, { reason: 'INVALID_FIELD', violations });
}

function violationsOf(issue: z.core.$ZodIssue): FieldViolation[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((field) => ({ field, description: 'is not supported' }));
  }
  return [{ field: String(issue.path[0] ?? 'body'), description: issue.message }];
}
