import { SipfError } from '@sipf/errors';
import { parseJson } from '@sipf/openai';
import type { z } from 'zod';

/** A field of a server's answer, and what is wrong with it. */
export interface WrongField {
  readonly field: string;
  readonly description: string;
}

/**
 * An answer that is one, but not to what was asked: the server would say the same again, so that it is not asked again.
 * @param remedy what may be done about it
 */
export function wrongAnswer({ field, description }: WrongField, remedy = ''): SipfError {
  const message = `the backend's answer: ${field} ${description}${remedy === '' ? '' : `; ${remedy}`}`;
  return new SipfError('failed-precondition', message, {
    reason: 'BACKEND_ANSWER_INVALID',
    violations: [{ field, description }],
  });
}

/** An answer of another model than was asked. @param wanted its name, or its digest */
export function anotherModel({
  field,
  answered,
  wanted,
}: {
  readonly field: string;
  readonly answered: string;
  readonly wanted: string;
}): SipfError {
  const description = `is ${answered.slice(0, 160)}, asked was ${wanted}`;
  const message = `the backend's answer: ${field} ${description}; --backend-model must be the server's own name of the model`;
  return new SipfError('failed-precondition', message, {
    reason: 'MODEL_NOT_LOADED',
    violations: [{ field, description }],
  });
}

/** How an answer is read. */
export interface AnswerReader<T> {
  readonly schema: z.ZodType<T>;
  /** Whether a value is such an answer at all; what is none is a server that stumbled, and is asked again. */
  readonly isAnswer: (value: object) => boolean;
  /** What may be done about a field that is wrong. */
  readonly remedyOf?: (field: string) => string;
}

/** Reads an answer; undefined for what is none. @throws SipfError as wrongAnswer, naming its first wrong field */
export function readAnswer<T>(text: string, { schema, isAnswer, remedyOf }: AnswerReader<T>): T | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !isAnswer(value)) return undefined;
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [issue] = error.issues;
  const field = nameOf(issue?.path ?? []);
  throw wrongAnswer({ field, description: issue?.message ?? 'is wrong' }, remedyOf?.(field));
}

function nameOf(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return parts.join('').replace(/^\./, '');
}
