import { expect, it } from 'vitest';
import { parseHumanEvalProblems } from './problems.ts';
import { humanEvalTask } from './task.ts';

const row = {
  task_id: 'HumanEval/9',
  prompt:
    'from typing import List\n\n\ndef twice(x: int) -> int:\n    return 2 * x\n\n\ndef doubled(xs: List[int]) -> List[int]:\n' +
    '    """ Double every number.\n\n    It uses twice.\n    >>> doubled([1, 2])\n    [2, 4]\n\n    Lists may be empty.\n    >>> doubled([])\n    []\n    """\n',
  entry_point: 'doubled',
  canonical_solution: '    return [twice(x) for x in xs]\n',
  test: 'def check(candidate):\n    assert candidate([3]) == [6]\n',
};
const read = (value: unknown) => parseHumanEvalProblems(JSON.stringify(value), 'HumanEval.jsonl.gz');

it('reorders a prompt to what is asked, helpers, tests and the function name', () => {
  expect(read(row)[0]?.question).toBe(
    [
      'Double every number.\nIt uses twice.\nLists may be empty.',
      'Given:\nfrom typing import List\n\n\ndef twice(x: int) -> int:\n    return 2 * x',
      'Tests:\n>>> doubled([1, 2])\n[2, 4]\n>>> doubled([])\n[]',
      'Function name: doubled',
    ].join('\n'),
  );
});

it('tests the whole function after the imports and helpers of the prompt', () => {
  const [problem] = read(row);
  if (problem === undefined) throw new Error('no problem');
  expect(humanEvalTask.programOf(problem, humanEvalTask.formatTarget(problem))).toEqual({
    code: `${row.prompt}${row.canonical_solution}`,
    tests: `${row.test}\ncheck(doubled)\n`,
  });
});

it('cannot imitate a problem without a solution', () => {
  const [problem] = read({ ...row, canonical_solution: undefined });
  if (problem === undefined) throw new Error('no problem');
  expect(() => humanEvalTask.formatTarget(problem)).toThrow('HumanEval/9 has no program to imitate');
});

it('names the line and the field that is wrong', () => {
  expect(() => read({ ...row, entry_point: ' ' })).toThrow('HumanEval.jsonl.gz:1: entry_point is empty');
});
