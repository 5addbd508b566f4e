import { expect, it } from 'vitest';
import { renderBar, renderNews, renderPlain } from './render.ts';
import type { StageView } from './run-view.ts';

const stage: StageView = {
  id: 'align-2',
  startedAt: 0,
  done: 30,
  total: 120,
  figures: { grad_norm: 3, loss: 0.71234, learning_rate: 0.001, accuracy: 0.5 },
  from: { done: 10, at: 10_000 },
};

it('draws a bar with rate, time left and the figures that matter most', () => {
  expect(renderBar(stage, { now: 20_000, columns: 200 })).toBe(
    'iteration 2: align             [######------------------] 30/120 (25 %) 2/s 45.0 s left loss 0.7123 accuracy 0.5',
  );
});

it('never draws more than the columns that there are', () => {
  for (const columns of [0, 1, 20, 79]) {
    expect(renderBar(stage, { now: 20_000, columns }).length).toBeLessThanOrEqual(columns);
  }
});

it('measures the rate from the first news, not from an earlier attempt', () => {
  const resumed = { ...stage, from: { done: 30, at: 10_000 } };
  expect(renderPlain(resumed, 20_000)).toBe('iteration 2: align 30/120 (25 %), loss 0.7123, accuracy 0.5');
});

it('shows the time of a stage that cannot say how far it is', () => {
  const silent = { ...stage, done: 0, total: 0, figures: {} };
  expect(renderPlain(silent, 65_000)).toBe('iteration 2: align 1 min 05 s');
  expect(renderBar(silent, { now: 65_000, columns: 200 })).toContain('[------------------------] 1 min 05 s');
});

it('never fills a bar beyond its end', () => {
  expect(renderBar({ ...stage, done: 500 }, { now: 1, columns: 200 })).toContain(`[${'#'.repeat(24)}]`);
});

it('says what has happened', () => {
  const counts = { positive: 12, negative: 5 };
  const finished = {
    id: 'sample-1',
    durationMs: 31_200,
    reused: false,
    warnings: [],
    counts,
    figures: { accuracy: 0.7 },
  };
  expect(renderNews({ kind: 'stage-started', id: 'data' })).toBe('data ...');
  const odd = { ...finished, warnings: ['one kind alone'] };
  expect(renderNews({ kind: 'stage-finished', stage: odd })).toContain('\nwarning: one kind alone');
  expect(renderNews({ kind: 'stage-finished', stage: finished })).toBe(
    'iteration 1: sample            positive 12, negative 5, accuracy 0.7  (31.2 s)',
  );
  expect(renderNews({ kind: 'run', what: 'succeeded' })).toBe('run succeeded');
});
