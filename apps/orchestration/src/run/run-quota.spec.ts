import { expect, it } from 'vitest';
import { RunQuota } from './run-quota.ts';

const refusal = { kind: 'resource-exhausted', reason: 'QUOTA_EXCEEDED', retryAfterMs: 60_000 };
const attempt = (quota: RunQuota, owner: string) => () => quota.take(owner);

it('bounds the runs of each caller and of all, and releases a slot once', () => {
  const quota = new RunQuota({ maxRuns: 3, maxRunsPerCaller: 2 });
  const giveBack = quota.take('a');
  quota.take('a');
  expect(attempt(quota, 'a')).toThrow(expect.objectContaining(refusal));
  quota.take('b');
  expect(attempt(quota, 'b')).toThrow(/3 runs are under way/);
  giveBack();
  giveBack();
  quota.take('b');
  expect(attempt(quota, 'c')).toThrow(expect.objectContaining(refusal));
});

it('lets a run continue that was admitted before, and counts it', () => {
  const quota = new RunQuota({ maxRunsPerCaller: 1 });
  quota.admit('a');
  quota.admit('a');
  expect(attempt(quota, 'a')).toThrow(/a has 2 runs/);
  expect(attempt(quota, '')).not.toThrow();
});

it('bounds nothing by default', () => {
  const quota = new RunQuota({});
  for (let run = 0; run < 100; run++) quota.take('a');
});
