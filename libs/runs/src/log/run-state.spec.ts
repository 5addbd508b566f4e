import { parseRunConfig } from '@sipf/contracts';
import { expect, it } from 'vitest';
import type { RunEntry, RunEvent } from './entries.ts';
import { foldRun } from './run-state.ts';

const config = parseRunConfig({
  method: 'cot-zero-shot',
  task: { name: 'gsm8k', train: 'train.jsonl', test: 'test.jsonl' },
  policy: { model: 'm' },
  sampling: { maxNewTokens: 1 },
  evaluation: { maxNewTokens: 1 },
});
const started: RunEvent = { kind: 'run-started', runId: 'r', config, commit: 'c' };
const result = { outputs: { model: 'sha256:1' }, counts: {}, figures: {} };

function fold(...events: RunEvent[]) {
  return foldRun(events.map((event, index): RunEntry => ({ index, at: '2026-01-01T00:00:00Z', ...event })));
}

it('knows nothing of an empty log', () => {
  expect(fold()).toBeUndefined();
});

it('keeps completed stages through a crash and a resumption', () => {
  const state = fold(
    started,
    { kind: 'stage-started', stage: 'sft' },
    { kind: 'stage-completed', stage: 'sft', result },
    { kind: 'stage-started', stage: 'sample-1' },
    { kind: 'run-resumed' },
  );
  expect(state?.completed.get('sft')).toEqual(result);
  expect(state?.underWay.size).toBe(0);
  expect(state?.phase).toBe('running');
});

it('forgets a failure when the run goes on', () => {
  const failed: RunEvent = { kind: 'run-failed', failure: 'disk full', reason: 'INTERNAL' };
  expect(fold(started, failed)).toMatchObject({ phase: 'failed', failure: 'disk full' });
  expect(fold(started, failed, { kind: 'run-resumed' })).toMatchObject({ phase: 'running', failure: '' });
  expect(fold(started, { kind: 'run-succeeded' })?.phase).toBe('succeeded');
});

it('tells a run that was cancelled from one that failed', () => {
  const underWay: RunEvent = { kind: 'stage-started', stage: 'sft-0' };
  const state = fold(started, underWay, { kind: 'run-cancelled' });
  expect(state).toMatchObject({ phase: 'cancelled', failure: '' });
  expect(state?.underWay.size).toBe(0);
});
