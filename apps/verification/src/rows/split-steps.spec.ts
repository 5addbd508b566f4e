import { common } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { splitSteps } from './split-steps.ts';

const { BLANK_LINE, LINE, SEPARATOR } = common.StepRule;

it.each([
  ['lines, where nothing is said', undefined, ' a\r\n\nb ', ['a', 'b']],
  ['lines', { rule: LINE, separator: '' }, 'a\nb\n', ['a', 'b']],
  ['empty lines', { rule: BLANK_LINE, separator: '' }, 'a\nb\n \t\n\n\nc', ['a\nb', 'c']],
  ['a separator', { rule: SEPARATOR, separator: '.*' }, 'a.*b .*.* c', ['a', 'b', 'c']],
  ['nothing but white space', undefined, ' \n ', []],
])('cuts by %s', (_what, splitting, text, steps) => {
  expect(splitSteps(text, splitting)).toEqual(steps);
});
