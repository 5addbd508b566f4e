import { expect, it } from 'vitest';
import { SipfError } from './sipf-error.ts';
import { fromWireError, toWireError } from './wire-error.ts';

it('keeps everything of an expected error across a structured clone', () => {
  const error = new SipfError('resource-exhausted', 'full', {
    reason: 'QUEUE_FULL',
    retryAfterMs: 20,
    violations: [{ field: 'n', description: 'too many' }],
    metadata: { limit: '4' },
  });
  const back = fromWireError(structuredClone(toWireError(error)));
  expect(back).toBeInstanceOf(SipfError);
  const { kind, message, reason, retryAfterMs, violations, metadata } = error;
  expect(back).toMatchObject({ kind, message, reason, retryAfterMs, violations, metadata });
});

it('never turns a bug into an expected error', () => {
  const back = fromWireError(structuredClone(toWireError(new TypeError('x is undefined'))));
  expect(back).not.toBeInstanceOf(SipfError);
  expect(back.message).toContain('x is undefined');
});
