import type { simulation } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { createOpenPath, type OpenPath } from './open-path.ts';

const path: simulation.PathToLabel = {
  id: 'p',
  prompt: 'q\n',
  steps: ['one', 'two', 'three'],
  goldAnswer: '3',
  outcomeCorrect: true,
  preamble: '',
};

function opened(changes: Partial<simulation.PathToLabel> = {}) {
  const complete: OpenPath[] = [];
  const open = createOpenPath({ ...path, ...changes }, (done) => complete.push(done));
  return { open, complete };
}

it('is complete when its last prefix is, whatever their order', () => {
  const { open, complete } = opened();
  open.settle(1, ['correct', 'wrong'], 5);
  expect(complete).toEqual([]);
  open.settle(0, ['wrong', 'wrong'], 6);
  expect(complete).toEqual([open]);
  expect(open.labels(0)).toEqual({
    pathId: 'p',
    generatedTokens: 11n,
    error: undefined,
    labels: [
      { stepIndex: 0, hard: false, soft: 0, rollouts: 2, reached: 0, reachedBy: [], undecided: false },
      { stepIndex: 1, hard: true, soft: 0.5, rollouts: 2, reached: 1, reachedBy: [0], undecided: false },
      { stepIndex: 2, hard: true, soft: 1, rollouts: 0, reached: 0, reachedBy: [], undecided: false },
    ],
  });
});

it('is complete at once when it has one step', () => {
  expect(opened({ steps: ['one'] }).complete).toHaveLength(1);
});

it('calls a step right only when more than tau roll-outs reach the answer', () => {
  const { open } = opened({ steps: ['one', 'two'] });
  open.settle(0, ['correct', 'correct', 'wrong'], 6);
  expect([0, 1, 2].map((tau) => open.labels(tau).labels[0]?.hard)).toEqual([true, true, false]);
});

it('makes up no roll-outs where none could be made', () => {
  const { open } = opened({ outcomeCorrect: false });
  open.settle(0, ['correct'], 2);
  open.settle(1, [], 0);
  expect(open.labels(0).labels.map(({ hard, soft, rollouts }) => [hard, soft, rollouts])).toEqual([
    [true, 1, 1],
    [false, 0, 0],
    [false, 0, 0],
  ]);
});

it('has no label for a step that roll-outs without a verdict could have decided', () => {
  const { open } = opened();
  open.settle(0, ['correct', 'unknown'], 3);
  open.settle(1, ['wrong', 'unknown'], 4);
  expect(open.labels(0).labels.slice(0, 2)).toEqual([
    { stepIndex: 0, hard: true, soft: 1, rollouts: 1, reached: 1, reachedBy: [0], undecided: false },
    { stepIndex: 1, hard: false, soft: 0, rollouts: 1, reached: 0, reachedBy: [], undecided: true },
  ]);
});

it('has no labels but the first reason once a prefix of it cannot be read, and is complete with its last all the same', () => {
  const { open, complete } = opened();
  open.refuse(1, { reason: 1, message: 'first' });
  expect(complete).toEqual([]);
  open.settle(0, ['correct'], 7);
  expect(complete).toEqual([open]);
  open.refuse(1, { reason: 2, message: 'second' });
  expect(open.labels(0)).toEqual({
    pathId: 'p',
    generatedTokens: 7n,
    labels: [],
    error: { reason: 1, message: 'first' },
  });
});
