import { SipfError } from '@sipf/errors';
import { Status } from 'nice-grpc';
import { expect, it } from 'vitest';
import { RemoteFault } from '../errors/remote-fault.ts';
import { httpErrorOf } from './http-error.ts';

it('carries the details and the retry hint of a service', () => {
  const error = new SipfError('resource-exhausted', 'full', { reason: 'QUEUE_FULL', retryAfterMs: 1500 });
  expect(httpErrorOf(error, 'id')).toEqual({
    status: 429,
    retryAfterSeconds: 2,
    body: {
      error: {
        ...{ kind: 'resource-exhausted', reason: 'QUEUE_FULL', message: 'full' },
        ...{ violations: [], metadata: {}, retryAfterMs: 1500 },
      },
    },
  });
});

it('carries only an id for an unforeseen error', () => {
  const own = httpErrorOf(new Error('ENOENT /secret'), 'e-1');
  expect([own.status, own.body.error['message']]).toEqual([500, 'internal error e-1']);
  const remote = new RemoteFault('/a/b', { code: Status.INTERNAL, details: 'x', errorId: 'e-2' });
  expect(httpErrorOf(remote, 'e-1')).toMatchObject({
    status: 502,
    body: { error: { message: 'internal error e-2' } },
  });
});

it('keeps the status of an invalid request', () => {
  const error = Object.assign(new Error('too large'), {
    statusCode: 413,
    code: 'FST_ERR_CTP_BODY_TOO_LARGE',
  });
  expect(httpErrorOf(error, 'id').status).toBe(413);
});
