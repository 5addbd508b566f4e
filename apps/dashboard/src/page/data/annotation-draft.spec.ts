import { expect, it } from 'vitest';
import {
  draftOf,
  isComplete,
  markRight,
  stepsOf,
  toggleCriterion,
  toggleInvalid,
} from './annotation-draft.ts';

it('is complete when every step is judged', () => {
  let draft = draftOf(3, undefined);
  expect(isComplete(draft)).toBe(false);
  draft = markRight(draft, 0);
  draft = toggleCriterion(draft, 1, 'logic');
  expect(isComplete(draft)).toBe(false);
  draft = toggleInvalid(draft, 2);
  expect(isComplete(draft)).toBe(true);
  expect(stepsOf(draft)).toEqual([
    { invalid: false, broken: [] },
    { invalid: false, broken: ['logic'] },
    { invalid: true, broken: [] },
  ]);
});

it('keeps criteria in one order and a step without any unjudged', () => {
  let draft = toggleCriterion(draftOf(1, undefined), 0, 'relevance');
  draft = toggleCriterion(draft, 0, 'calculation');
  expect(draft.steps[0]?.broken).toEqual(['calculation', 'relevance']);
  draft = toggleCriterion(toggleCriterion(draft, 0, 'calculation'), 0, 'relevance');
  expect(draft.steps[0]).toBeUndefined();
  expect(toggleInvalid(toggleInvalid(draft, 0), 0).steps[0]).toBeUndefined();
});

it('may leave the steps of an invalid path open', () => {
  expect(isComplete({ ...draftOf(2, undefined), invalid: true })).toBe(true);
});

it('continues from the earlier annotation', () => {
  const earlier = {
    ...{ annotator: 'a', stage: 's', pathKey: 'k', invalid: false, comment: 'hm' },
    steps: [{ invalid: false, broken: ['operands' as const] }],
  };
  expect(draftOf(1, earlier)).toEqual({ steps: earlier.steps, invalid: false, comment: 'hm' });
});
