import { expect, it } from 'vitest';
import { mbppSplit, parseMbppProblems } from './problems.ts';
import { mbppTask } from './task.ts';

const row = {
  task_id: 601,
  text: 'Write a function to add two numbers.',
  code: 'import math\r\ndef helper(a):\r\n  return a\r\ndef add(a, b):\r\n  return helper(a) + b',
  test_list: ['assert add(1, 2) == 3', 'assert add(0, 0) == 0', 'assert add(5, 5) == 10'],
  test_setup_code: '',
};
const read = (...rows: unknown[]) =>
  parseMbppProblems(rows.map((one) => JSON.stringify(one)).join('\n'), 'mbpp.jsonl');

it('shows a problem in six ways, with two of its tests in order, judged by all three', () => {
  const problems = read(row);
  expect(problems.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5].map((form) => `mbpp/601/${form}`));
  expect(new Set(problems.map(({ question }) => question)).size).toBe(6);
  expect(problems[2]?.question).toBe(
    [row.text, 'Tests:', row.test_list[1], row.test_list[0], 'Function name: add'].join('\n'),
  );
  for (const { answer } of problems) expect(answer).toBe(`${row.test_list.join('\n')}\n`);
});

it('runs what the tests need before them, and gives programs line feeds alone', () => {
  const [problem] = read({ ...row, test_setup_code: 'x = 1\r\n' });
  expect(problem?.answer.startsWith('x = 1\nassert add(1, 2)')).toBe(true);
  expect(problem?.solution).not.toContain('\r');
});

it("takes a completion from the prompt to the program with the problem's tests", () => {
  const [problem] = read(row);
  if (problem === undefined) throw new Error('no problem');
  expect(mbppTask.prompt(problem, { kind: 'zero-shot' })).toBe(`${problem.question}\n`);
  const target = mbppTask.formatTarget(problem);
  const { code, tests } = mbppTask.programOf(problem, `Here:\n\`\`\`python\n${target}\`\`\``);
  expect(code).toBe(target);
  expect(tests).toBe(problem.answer);
  expect(mbppTask.splitSteps(target).map(({ text }) => text)).toEqual([
    'import math\n',
    'def helper(a):\n  return a\n',
    'def add(a, b):\n  return helper(a) + b\n',
  ]);
});

it('knows the parts of the dataset by the ids of their problems', () => {
  const problems = read(...[10, 11, 510, 511, 600, 601, 974].map((id) => ({ ...row, task_id: id })));
  const idsOf = (split: Parameters<typeof mbppSplit>[1]) => [
    ...new Set(mbppSplit(problems, split).map(({ id }) => id.split('/')[1])),
  ];
  expect(idsOf('prompt')).toEqual(['10']);
  expect(idsOf('test')).toEqual(['11', '510']);
  expect(idsOf('validation')).toEqual(['511', '600']);
  expect(idsOf('train')).toEqual(['601', '974']);
});

it.each([
  [{ ...row, text: 3 }, 'mbpp.jsonl:1: text must be a string, got number'],
  [{ ...row, test_list: [] }, 'mbpp.jsonl:1: test_list must be a list that is not empty'],
  [{ ...row, task_id: 'x' }, 'mbpp.jsonl:1: task_id must be a whole number'],
])('names the line and the field that is wrong', (wrong, message) => {
  expect(() => read(wrong)).toThrow(message);
});
