import { orchestration } from '@sipf/contracts';
import { expect, it } from 'vitest';
import type { RunEvent } from '../follow/follow-run.ts';
import { endedAs, entryAt, progressOf } from '../testing/run-events.ts';
import { advance, emptyView, type RunNews } from './run-view.ts';

/** Events with the times at which they are heard. */
function replay(...events: readonly (readonly [number, RunEvent])[]) {
  let view = emptyView;
  const news: RunNews[] = [];
  for (const [at, event] of events) {
    const step = advance(view, event, at);
    view = step.view;
    if (step.news !== undefined) news.push(step.news);
  }
  return { view, news };
}

const started = entryAt(1000, 'stage-started', { stage: 'sample-1' });
const result = { outputs: {}, counts: { unique: 5 }, figures: { accuracy: 0.5 } };
const completed = entryAt(4000, 'stage-completed', { stage: 'sample-1', result });

it('shows stages between their start and their end', () => {
  const { view, news } = replay([1000, started], [2000, progressOf('sample-1', 2, 10, { loss: 1 })]);
  expect(view.underWay).toMatchObject([
    { id: 'sample-1', startedAt: 1000, done: 2, total: 10, figures: { loss: 1 } },
  ]);
  expect(news).toEqual([{ kind: 'stage-started', id: 'sample-1' }]);
});

it('shows what a stage made and how long it took', () => {
  const { view, news } = replay([1000, started], [4000, completed]);
  expect(view.underWay).toEqual([]);
  const { counts, figures } = result;
  expect(news[1]).toEqual({
    kind: 'stage-finished',
    stage: { id: 'sample-1', durationMs: 3000, reused: false, warnings: [], counts, figures },
  });
});

it('does not know how long a stage took that it did not see start', () => {
  expect(replay([4000, completed]).news).toMatchObject([{ stage: { durationMs: undefined } }]);
});

it('keeps figures that a later progress does not repeat, and several stages apart', () => {
  const { view } = replay(
    [1000, started],
    [1100, progressOf('sample-1', 1, 10, { loss: 1, accuracy: 0.2 })],
    [1200, progressOf('simulator', 3, 9)],
    [1300, progressOf('sample-1', 2, 10, { loss: 0.5 })],
  );
  expect(view.underWay).toMatchObject([
    { id: 'sample-1', done: 2, figures: { loss: 0.5, accuracy: 0.2 } },
    { id: 'simulator', done: 3 },
  ]);
});

it('has nothing under way after an end, a resume or a failure', () => {
  expect(replay([1000, started], [2000, endedAs(orchestration.RunState.FAILED)]).view).toEqual(emptyView);
  const { view, news } = replay([1000, started], [2000, entryAt(2000, 'run-resumed')]);
  expect(view).toEqual(emptyView);
  expect(news.at(-1)).toEqual({ kind: 'run', what: 'resumed' });
});

it('passes over entries of kinds and bodies that it does not know', () => {
  const odd: RunEvent = {
    $case: 'entry',
    value: { index: 0n, at: undefined, kind: 'stage-started', entryJson: 'not JSON' },
  };
  expect(replay([1, entryAt(1, 'brand-new', { stage: 'x' })], [2, odd]).view.underWay).toMatchObject([
    { id: '', startedAt: 2 },
  ]);
});
