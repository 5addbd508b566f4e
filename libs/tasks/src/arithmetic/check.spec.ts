import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import type { Problem } from '../task.ts';
import { checkSteps } from './check.ts';
import { generateArithmetic } from './generate.ts';

const problem: Problem = {
  id: 'x',
  question: 'Ann has 7 books, buys 2 packs of 3, and loses 4. How many full boxes of 4?',
  answer: '2',
};
const right = '<<2*3=6>>6\n<<7+6=13>>13\n<<13-4=9>>9\n<<9//4=2>>2\n#### 2';

it('accepts every solution that the generator writes', () => {
  const { strong } = generateArithmetic({ seed: 9, sft: 0, loop: 0, test: 0, strong: 500 });
  for (const one of strong) {
    const truth = checkSteps(one, `${one.solution ?? ''}\n#### ${one.answer}`);
    expect(truth.wholePathRight).toBe(true);
    expect(truth.steps.every(Boolean)).toBe(true);
  }
});

it('accepts either order of operands of sums and products only', () => {
  const swapped = right.replace('2*3', '3*2').replace('7+6', '6+7');
  expect(checkSteps(problem, swapped).wholePathRight).toBe(true);
  expect(checkSteps(problem, right.replace('13-4', '4-13')).steps).toEqual([true, true, false, true]);
});

it('finds a right answer that was reached by a wrong step', () => {
  const lucky = '<<2*3=6>>6\n<<7+6=12>>12\n<<12-4=8>>8\n<<8//4=2>>2\n#### 2';
  expect(checkSteps(problem, lucky)).toEqual({ steps: [true, false, false, false], wholePathRight: false });
});

it.each([
  ['a wrong operand', right.replace('7+6=13', '8+6=14')],
  ['a wrong operator', right.replace('7+6=13', '7-6=1')],
  ['a wrong value', right.replace('=13>>13', '=14>>14')],
  ['two different values', right.replace('=13>>13', '=13>>14')],
  ['words in the line', right.replace('<<7', 'so <<7')],
])('rejects the step with %s', (_, completion) => {
  expect(checkSteps(problem, completion)).toEqual({
    steps: [true, false, true, true],
    wholePathRight: false,
  });
});

it('counts the final-answer line with the last step', () => {
  expect(checkSteps(problem, right.replace('#### 2', '#### 3')).steps).toEqual([true, true, true, false]);
  expect(checkSteps(problem, '<<2*3=6>>6\n#### 2').steps).toEqual([false]);
  expect(checkSteps(problem, '<<2*3=6>>6\n#### 6').steps).toEqual([false]);
});

it('is not satisfied by a path that stops early, continues, or is empty', () => {
  const cut = right.replace('\n#### 2', '');
  expect(checkSteps(problem, cut)).toEqual({ steps: [true, true, true, true], wholePathRight: false });
  const longer = right.replace('\n####', '\n<<2+2=4>>4\n####');
  expect(checkSteps(problem, longer)).toEqual({
    steps: [true, true, true, true, false],
    wholePathRight: false,
  });
  expect(checkSteps(problem, '')).toEqual({ steps: [], wholePathRight: false });
});

it('throws on a question of another task', () => {
  expect(() => checkSteps({ ...problem, question: 'Why?' }, right)).toThrow(SipfError);
});
