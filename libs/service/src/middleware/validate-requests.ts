import { SipfError, type FieldViolation } from '@sipf/errors';
import type { ServerMiddleware } from 'nice-grpc';
import { MalformedRequest } from '../server/guard-decoding.ts';

/** The violations of a decoded request of a method (`/package.Service/Method`); empty for a valid one. */
export type RequestValidator = (methodPath: string, message: unknown) => readonly FieldViolation[];

/** Refuses malformed and invalid requests with INVALID_ARGUMENT before a handler sees them, streamed ones too. */
export function validateRequests(validator: RequestValidator): ServerMiddleware {
  return async function* validateRequests(call, context) {
    const { path } = call.method;
    if (!call.requestStream) {
      assertValid(validator, path, call.request);
      return yield* call.next(call.request, context);
    }
    return yield* call.next(
      validated(call.request, (message) => {
        assertValid(validator, path, message);
      }),
      context,
    );
  };
}

async function* validated<T>(messages: AsyncIterable<T>, assert: (message: T) => void): AsyncIterable<T> {
  for await (const message of messages) {
    assert(message);
    yield message;
  }
}

function assertValid(validator: RequestValidator, path: string, message: unknown): void {
  if (message instanceof MalformedRequest) {
    throw new SipfError('invalid-argument', message.fault, {
      reason: 'INVALID_FIELD',
      cause: message.cause,
    });
  }
  const violations = validator(path, message);
  const [first] = violations;
  if (first === undefined) return;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  throw new SipfError('invalid-argument', `${first.field} ${first.description}${more}`, {
    reason: 'INVALID_FIELD',
    violations,
  });
}
