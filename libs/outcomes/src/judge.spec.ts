import { execution } from '@sipf/contracts';
import { arithmeticTask, mbppTask } from '@sipf/tasks';
import { expect, it } from 'vitest';
import { createExecutor } from './executor.ts';
import { createJudge } from './judge.ts';

const bounds = { signal: new AbortController().signal, timeoutMs: 1000 };

it('compares the answers of math without running anything', async () => {
  const judge = createJudge(arithmeticTask);
  const problem = { answer: '4' };
  expect(await judge.outcome({ problem, text: '<<2+2=4>>4\n#### 4' }, bounds)).toBe('correct');
  expect(await judge.outcome({ problem, text: '<<2+2=5>>5\n#### 5' }, bounds)).toBe('wrong');
});

it.each([
  [execution.Outcome.PASSED, 'correct'],
  [execution.Outcome.FAILED, 'wrong'],
  [execution.Outcome.TIMED_OUT, 'wrong'],
  [execution.Outcome.OUT_OF_MEMORY, 'wrong'],
  [execution.Outcome.SYNTAX_ERROR, 'wrong'],
  [execution.Outcome.SANDBOX_ERROR, 'unknown'],
])('takes verdict %i of a program for %s', async (outcome, expected) => {
  const sent: execution.ExecuteRequest[] = [];
  const executor = createExecutor((request) => {
    sent.push(request);
    return Promise.resolve(execution.ExecuteResponse.fromPartial({ outcome }));
  });
  const judge = createJudge(mbppTask, executor);
  const problem = { answer: 'assert f(1) == 1\n', preamble: 'import math\n' };
  const text = 'Sure:\n```python\ndef f(x):\n    return x\n```';
  expect(await judge.outcome({ problem, text }, bounds)).toBe(expected);
  expect(sent[0]).toMatchObject({
    language: execution.Language.PYTHON,
    code: 'import math\ndef f(x):\n    return x\n',
    tests: problem.answer,
  });
});

it('refuses to judge programs without an execution service', () => {
  expect(() => createJudge(mbppTask)).toThrow(/no execution service/);
});
