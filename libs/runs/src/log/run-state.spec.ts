import { parseRunConfig } from '@sipf/contracts';
import { expect, it } from 'vitest';
import type { RunEntry, RunEvent } from './entries.ts';
import { foldEach, foldRun } from './run-state.ts';

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

it('forgets a failure when the run continues', () => {
  const failed: RunEvent = { kind: 'run-failed', failure: 'disk full', reason: 'INTERNAL' };
  expect(fold(started, failed)).toMatchObject({ phase: 'failed', failure: 'disk full' });
  expect(fold(started, failed, { kind: 'run-resumed' })).toMatchObject({ phase: 'running', failure: '' });
  expect(fold(started, { kind: 'run-succeeded' })?.phase).toBe('succeeded');
});

it('distinguishes a run that was cancelled from one that failed', () => {
  const underWay: RunEvent = { kind: 'stage-started', stage: 'sft-0' };
  const state = fold(started, underWay, { kind: 'run-cancelled' });
  expect(state).toMatchObject({ phase: 'cancelled', failure: '' });
  expect(state?.underWay.size).toBe(0);
});

const START = '2026-01-01T00:00:00Z';
const later = (second: number) => `2026-01-01T00:00:0${second}Z`;

/** The state after events at seconds 0, 1, 2, … */
function foldTimed(...events: RunEvent[]) {
  return foldRun(events.map((event, index): RunEntry => ({ index, at: later(index), ...event })));
}

it('knows who started what, when, and with which program', () => {
  const program = { version: '1', settings: 's' };
  expect(foldTimed({ ...started, owner: 'Zoë', program }, { kind: 'run-resumed' })).toMatchObject({
    ...{ runId: 'r', config, owner: 'Zoë', commit: 'c', startedAt: START, lastAt: later(1) },
    ...{ programs: [program], otherCode: [] },
  });
  // Logs of before programs were described.
  expect(foldTimed(started)).toMatchObject({ owner: '', programs: [{ version: 'c', settings: '' }] });
});

it('keeps the programs that differed from the one before', () => {
  const [one, two] = ['1', '2'].map((version) => ({ version, settings: '' }));
  const state = foldTimed(
    { ...started, ...(one && { program: one }) },
    { kind: 'run-resumed', ...(one && { program: one }) },
    { kind: 'run-resumed', otherCode: 'version 2 instead of 1', ...(two && { program: two }) },
  );
  expect(state).toMatchObject({ programs: [one, two], otherCode: ['version 2 instead of 1'] });
});

it('has the times of stages: of a lost one its start alone', () => {
  const events: RunEvent[] = [
    started,
    { kind: 'stage-started', stage: 'a' },
    { kind: 'stage-started', stage: 'b' },
    { kind: 'stage-completed', stage: 'a', result },
  ];
  const whole = foldTimed(...events);
  expect([...(whole?.times ?? [])]).toEqual([
    ['a', { startedAt: later(1), completedAt: later(3) }],
    ['b', { startedAt: later(2) }],
  ]);
  expect([...(whole?.underWay ?? [])]).toEqual(['b']);
  const lost = foldTimed(...events, { kind: 'stage-lost', stage: 'a', why: 'is missing' });
  expect(lost?.times.get('a')).toEqual({ startedAt: later(1) });
  expect(lost?.completed.size).toBe(0);
  // A log that does not say when a stage was started.
  const taken = foldTimed(started, { kind: 'stage-completed', stage: 'a', result });
  expect(taken?.times.get('a')).toEqual({ startedAt: later(1), completedAt: later(1) });
});

it('has nothing under way in a run that failed', () => {
  const failed: RunEvent = { kind: 'run-failed', failure: 'disk full', reason: 'INTERNAL' };
  expect(fold(started, { kind: 'stage-started', stage: 'a' }, failed)?.underWay.size).toBe(0);
});

it('gives the state after each entry', () => {
  const entries = [started, { kind: 'stage-started', stage: 'a' }, { kind: 'run-succeeded' }].map(
    (event, index) => ({ index, at: later(index), ...event }) as RunEntry,
  );
  const states = [...foldEach(entries)];
  expect(states.map(({ entry }) => entry)).toEqual(entries);
  expect(states.map(({ state }) => state.lastAt)).toEqual([0, 1, 2].map(later));
  expect(states.map(({ state }) => state.phase)).toEqual(['running', 'running', 'succeeded']);
  expect(states.at(-1)?.state).toEqual(foldRun(entries));
  expect([...foldEach([])]).toEqual([]);
});

it('reads no state out of entries without a start', () => {
  expect(fold({ kind: 'run-succeeded' })).toBeUndefined();
});
