import type { simulation } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { createOpenPath } from './open-path.ts';

const path: simulation.PathToLabel = {
  id: 'p',
  prompt: 'q\n',
  steps: ['one', 'two', 'three'],
  goldAnswer: '3',
  outcomeCorrect: true,
  preamble: '',
};
const right = { outcome: 'correct', tokens: 2 } as const;
const wrong = { outcome: 'wrong', tokens: 3 } as const;

it('is complete when its last prefix is, whatever their order', () => {
  const open = createOpenPath(path);
  expect(open.add(1, right)).toEqual(['correct']);
  expect(open.add(0, wrong)).toEqual(['wrong']);
  expect(open.add(1, wrong)).toEqual(['correct', 'wrong']);
  expect(open.closePrefix()).toBe(false);
  expect(open.add(0, wrong)).toEqual(['wrong', 'wrong']);
  expect(open.closePrefix()).toBe(true);
  expect(() => open.add(2, right)).toThrow(RangeError);
  expect(open.labels(0)).toEqual({
    pathId: 'p',
    generatedTokens: 11n,
    labels: [
      { stepIndex: 0, hard: false, soft: 0, rollouts: 2, reached: 0, undecided: false },
      { stepIndex: 1, hard: true, soft: 0.5, rollouts: 2, reached: 1, undecided: false },
      { stepIndex: 2, hard: true, soft: 1, rollouts: 0, reached: 0, undecided: false },
    ],
  });
});

it('calls a step right only when more than tau roll-outs reach the answer', () => {
  const open = createOpenPath({ ...path, steps: ['one', 'two'] });
  for (const rollout of [right, right, wrong]) open.add(0, rollout);
  expect([0, 1, 2].map((tau) => open.labels(tau).labels[0]?.hard)).toEqual([true, true, false]);
});

it('makes up no roll-outs where none could be made', () => {
  const open = createOpenPath({ ...path, outcomeCorrect: false });
  open.add(0, right);
  expect(open.labels(0).labels.map(({ hard, soft, rollouts }) => [hard, soft, rollouts])).toEqual([
    [true, 1, 1],
    [false, 0, 0],
    [false, 0, 0],
  ]);
});

it('has no label for a step that roll-outs without a verdict could have decided', () => {
  const unknown = { outcome: 'unknown', tokens: 1 } as const;
  const open = createOpenPath(path);
  for (const rollout of [right, unknown]) open.add(0, rollout);
  for (const rollout of [wrong, unknown]) open.add(1, rollout);
  expect(open.labels(0).labels.slice(0, 2)).toEqual([
    { stepIndex: 0, hard: true, soft: 1, rollouts: 1, reached: 1, undecided: false },
    { stepIndex: 1, hard: false, soft: 0, rollouts: 1, reached: 0, undecided: true },
  ]);
});
