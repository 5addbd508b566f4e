import { SipfError } from '@sipf/errors';
import { RemoteFault } from '@sipf/service';
import { AbortError } from 'abort-controller-x';
import { Status } from 'nice-grpc';
import { expect, it } from 'vitest';
import { describeError } from './describe-error.ts';
import { exitCodeOf } from './exit-codes.ts';
import { usageError } from './usage-error.ts';

const text = (error: unknown): string => describeError(error, { debug: false });

it('says what is wrong, where, and what may be done', () => {
  const violations = [
    { field: 'a.yaml:1:1', description: 'unknown setting' },
    { field: 'a.yaml:2:1', description: 'is required' },
  ];
  expect(text(usageError('2 settings are wrong', { violations }))).toBe(
    'sipf: 2 settings are wrong\n  a.yaml:1:1: unknown setting\n  a.yaml:2:1: is required',
  );
  expect(text(usageError('a.yaml:1:1: unknown setting', { violations: violations.slice(0, 1) }))).toBe(
    'sipf: a.yaml:1:1: unknown setting',
  );
  const missing = new SipfError('not-found', 'there is no run x', { reason: 'RUN_NOT_FOUND' });
  expect(text(missing)).toContain('`sipf status` lists the runs');
});

it('shows no stacks without being asked', () => {
  const bug = new TypeError('x is undefined', { cause: new Error('deep') });
  expect(text(bug)).toBe('sipf: unexpected error: x is undefined (--debug shows where)');
  const detailed = describeError(bug, { debug: true });
  expect(detailed).toMatch(/\n {4}at /);
  expect(detailed).toContain('caused by Error: deep');
});

it.each<[number, unknown]>([
  [64, usageError('wrong')],
  [64, new SipfError('already-exists', 'x', { reason: 'RUN_EXISTS' })],
  [64, new SipfError('not-found', 'x', { reason: 'MODEL_NOT_FOUND' })],
  [69, new SipfError('unavailable', 'x', { reason: 'NOT_READY' })],
  [69, new SipfError('resource-exhausted', 'x', { reason: 'QUEUE_FULL' })],
  [69, new SipfError('deadline-exceeded', 'x', { reason: 'DEADLINE_EXCEEDED' })],
  [1, new SipfError('data-loss', 'x', { reason: 'ARTIFACT_CORRUPT' })],
  [130, new AbortError()],
  [70, new Error('a bug')],
  [70, new RemoteFault('/x/Y', { code: Status.INTERNAL, details: 'internal error 1', errorId: '1' })],
])('has exit status %d for %s', (status, error) => {
  expect(exitCodeOf(error)).toBe(status);
});
