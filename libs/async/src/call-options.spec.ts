import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import { abortError, callSignal, throwIfAborted } from './call-options.ts';

it('ends a call at its signal or at its deadline, whichever is first', async () => {
  expect(callSignal({})).toBeUndefined();
  const { signal } = new AbortController();
  expect(callSignal({ signal })).toBe(signal);
  const both = callSignal({ signal: AbortSignal.abort(), timeoutMs: 60_000 });
  expect(both?.aborted).toBe(true);
  const timed = callSignal({ signal, timeoutMs: -1 }) as AbortSignal;
  await new Promise((resolve) => {
    timed.addEventListener('abort', resolve);
  });
  expect(abortError(timed)).toMatchObject({ kind: 'deadline-exceeded', reason: 'DEADLINE_EXCEEDED' });
});

it('says why a call ended: cancelled, or in the words of whoever ended it', () => {
  throwIfAborted(undefined);
  throwIfAborted(new AbortController().signal);
  expect(() => {
    throwIfAborted(AbortSignal.abort());
  }).toThrow(expect.objectContaining({ kind: 'cancelled', reason: 'CANCELLED' }));
  const stopping = new SipfError('unavailable', 'stopping', { reason: 'SHUTTING_DOWN' });
  expect(abortError(AbortSignal.abort(stopping))).toBe(stopping);
});
