import { SipfError } from '@sipf/errors';
import { expect, it } from 'vitest';
import { generateArithmetic } from './arithmetic/generate.ts';
import { arithmeticTask } from './arithmetic/task.ts';
import { taskNamed, tasks } from './registry.ts';

it('finds every task by its own name', () => {
  expect([...tasks.keys()]).toEqual(['arithmetic', 'gsm8k', 'humaneval', 'mbpp', 'mmlu-math', 'programs']);
  for (const name of tasks.keys()) expect(taskNamed(name).name).toBe(name);
});

it('names the known tasks when asked for another', () => {
  expect(() => taskNamed('mbpp2')).toThrow(SipfError);
  expect(() => taskNamed('mbpp2')).toThrow(
    'known tasks: arithmetic, gsm8k, humaneval, mbpp, mmlu-math, programs',
  );
});

it('takes the arithmetic task from question to checked answer', () => {
  const task = arithmeticTask;
  const [problem] = generateArithmetic({ seed: 1, sft: 1, loop: 0, test: 0, strong: 0 }).sft;
  if (problem === undefined) throw new Error('no problem was generated');
  const target = task.formatTarget(problem);
  expect(task.prompt(problem, { kind: 'zero-shot' })).toBe(`${problem.question}\n`);
  expect(task.isCorrect(problem, task.extractAnswer(target, 'strict'))).toBe(true);
  expect(task.stepTruth?.(problem, target).wholePathRight).toBe(true);
  expect(task.calculations(target)).toHaveLength(task.splitSteps(target).length);
  const style = {
    kind: 'few-shot',
    exemplars: [{ question: 'Q?', target: '#### 1' }],
    questionFormat: '',
    stopStrings: [],
  } as const;
  expect(task.prompt(problem, style)).toBe(`Q?\n#### 1\n\n${problem.question}\n`);
});
