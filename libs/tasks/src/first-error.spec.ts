import { describe, expect, it } from 'vitest';
import { generateArithmetic } from './arithmetic/generate.ts';
import { arithmeticTask } from './arithmetic/task.ts';
import { gsm8kTask } from './gsm8k/task.ts';
import { calculationHolds } from './numbers/calculation-holds.ts';

describe('a story', () => {
  const problem = {
    id: 'x',
    question: 'Ann has 12 pens, buys 5, and loses 3. How many full boxes of 4?',
    answer: '3',
  };

  it.each([
    ['<<12+5=18>>18\n', 0, 'calculation'],
    ['<<12+5=17>>18\n', 0, 'calculation'],
    ['<<5+12=17>>17\n<<17-4=13>>13\n', 1, 'wrong-operand'],
    ['<<12-5=7>>7\n', 0, 'wrong-operand'],
    ['<<12-3=9>>9\n', 0, 'missing-step'],
    ['<<12+5=17>>17\n<<14//4=3>>3\n#### 3', 1, 'missing-step'],
    ['<<12+5=17>>17\n#### 17', 0, 'missing-step'],
    ['<<12+5=17>>17\n<<17-3=14>>14\n', 2, 'missing-step'],
    ['<<12+5=17>>17\n<<17-3=14>>14\n<<14//4=3>>3\n<<3*2=6>>6\n#### 6', 3, 'extra-step'],
    ['<<12+5=17>>17\n<<17-3=14>>14\n<<14//4=3>>3\n#### 4', 2, 'final-answer'],
    ['<<12+5=17>>17\n<<17-3=14>>14\n<<14//4=3>>3', 2, 'format'],
    ['12 and 5 are 17\n', 0, 'format'],
    ['', 0, 'format'],
  ])('finds in %j the step %i: %s', (completion, step, kind) => {
    expect(arithmeticTask.firstError?.(problem, completion)).toEqual({ step, kind });
  });

  it('finds nothing in a right path, and else the step that the exact labels name', () => {
    for (const solved of generateArithmetic({ seed: 1, sft: 40, loop: 0, test: 0, strong: 0 }).sft) {
      const target = arithmeticTask.formatTarget(solved);
      expect(arithmeticTask.firstError?.(solved, target)).toBeUndefined();
      const broken = target.replace(/=(\d)/, '=9$1');
      const wrong = arithmeticTask.stepTruth?.(solved, broken).steps.indexOf(false);
      expect(arithmeticTask.firstError?.(solved, broken)).toEqual({ step: wrong, kind: 'calculation' });
    }
  });
});

describe('GSM8K', () => {
  const problem = {
    id: 'x',
    question: 'q',
    answer: '72',
    solution: 'In May <<48/2=24>>24 clips.\nTogether <<48+24=72>>72.',
  };

  it.each([
    ['In May <<48/2=24>>24.\nTogether <<48+24=72>>72.\n#### 72', undefined],
    ['Together <<48*1.5=72>>72.\n#### 72', undefined],
    ['In May <<48/2=23>>23.\n#### 72', { step: 0, kind: 'calculation' }],
    ['In May <<48/2=24>>24.\nTogether <<48+48=96>>96.\n#### 96', { step: 1, kind: 'wrong-operand' }],
    ['In May <<48/2=24>>24.\n#### 24', { step: 1, kind: 'missing-step' }],
    ['In May 48 / 2 = 24.\nTogether 48 + 24 = 72.\n#### 24', { step: 1, kind: 'final-answer' }],
    ['In May <<48/2=24>>24.\nTogether <<48+24=72>>72.', { step: 1, kind: 'format' }],
    ['', { step: 0, kind: 'format' }],
  ])('finds in %j %j', (completion, expected) => {
    expect(gsm8kTask.firstError?.(problem, completion)).toEqual(expected);
  });
});

it.each([
  ['48/2=24', true],
  ['2*(3+4)-1=13', true],
  ['2(3+4)=14', true],
  ['-3+5=2', true],
  ['20*.5=10', true],
  ['50%*8=4', true],
  ['1/3=0.33', true],
  ['2/3=0.67', true],
  ['2/3=0.65', false],
  ['7/2=3', false],
  ['1+1=2=3', false],
  ['1/0=0', undefined],
  ['x+1=2', undefined],
  ['(1+1=2', undefined],
  ['12', undefined],
])('%s holds: %s', (calculation, expected) => {
  expect(calculationHolds(calculation)).toBe(expected);
});
