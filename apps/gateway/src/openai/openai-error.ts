import { SipfError, type FieldViolation } from '@sipf/errors';
import type { OpenAiError } from '@sipf/openai';
import { httpErrorOf, type HttpError } from '@sipf/service/http';
import type { z } from 'zod';

/** An error as a client of OpenAI's expects it. */
export interface OpenAiFailure extends HttpError {
  readonly body: OpenAiError;
}

/** OpenAI's clients expect 404 for a missing model, whatever the service's reason. */
const NO_MODEL = new Set(['MODEL_NOT_LOADED', 'MODEL_NOT_FOUND']);

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** An error in OpenAI's form; `code` is its reason. @param errorId names an unforeseen error, whose detail is only logged */
export function openAiFailureOf(error: unknown, errorId: string): OpenAiFailure {
  const { status: own, retryAfterSeconds, body } = httpErrorOf(error, errorId);
  const { message, reason } = body.error as { readonly message: string; readonly reason: string };
  const status = NO_MODEL.has(reason) ? 404 : own;
  const [violation] = error instanceof SipfError ? error.violations : [];
  const param = violation === undefined ? null : paramOf(violation.field);
  const said = violation === undefined ? message : `${param ?? ''}: ${inJson(violation.description)}`;
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  return { status, retryAfterSeconds, body: { error: { message: said, type, param, code: reason } } };
}

/** Adapts descriptions that hold for gRPC only: JSON refuses its 0 for "not set", and takes a temperature of 0 for greedy. */
function inJson(description: string): string {
  return description
    .replace(/^must be 0 or a number/, 'must be a number')
    .replace('; ask for greedy instead of 0', '; 0 is greedy');
}

const PARAMS: readonly (readonly [RegExp, string])[] = [
  [/^sampling\.(max_new_tokens|maxNewTokens)$/, 'max_tokens'],
  [/^sampling\.stop_strings/, 'stop'],
  [/^sampling\.(\w+)/, '$1'],
  [/^prompts\[\d+\]\.messages.*/, 'messages'],
  [/^(prompts|promptIds).*/, 'prompt'],
  [/^client_id$/, 'user'],
  [/^(top_log_probs|return_prompt_details)$/, 'logprobs'],
];

/** The name of a field of the service as OpenAI's clients know it. */
function paramOf(field: string): string {
  const [pattern, name] = PARAMS.find(([known]) => known.test(field)) ?? [];
  return pattern === undefined || name === undefined
    ? field
    : (field.replace(pattern, name).split(/[.[]/, 1)[0] ?? field);
}

/** Most violations reported for one body, which may have as many as it has bytes. */
const MOST_REPORTED = 16;

/** A body by its schema. @throws SipfError invalid-argument INVALID_FIELD naming every wrong field */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const { data, error } = schema.safeParse(body);
  if (error === undefined) return data;
  const violations = error.issues.slice(0, MOST_REPORTED).flatMap(violationsOf);
  const words = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  throw new SipfError('invalid-argument', words, { reason: 'INVALID_FIELD', violations });
}

function violationsOf({ path: [field = 'body', ...within], ...issue }: z.core.$ZodIssue): FieldViolation[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ field: String(field), description: describe({ ...issue, path: within }) }];
  }
  const keys = issue.keys.slice(0, MOST_REPORTED).map((key) => key.slice(0, MAX_KEY));
  // An unknown key inside a field is reported for the field.
  return field === 'body'
    ? keys.map((key) => ({ field: key, description: 'is not supported' }))
    : [{ field: String(field), description: `${locationOf(within)}${keys.join(', ')} is not supported` }];
}

const MAX_KEY = 128;

/** For a union, the first message of each of its kinds. */
function describe({ path, ...issue }: z.core.$ZodIssue): string {
  const location = locationOf(path);
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return `${location}${issue.message}`;
  const firsts = issue.errors.map(([first]) => (first === undefined ? issue.message : describe(first)));
  return `${location}${[...new Set(firsts)].join(', or ')}`;
}

function locationOf(path: readonly PropertyKey[]): string {
  const location = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return location === '' ? '' : `${location} `;
}
