import { execution } from '@sipf/contracts';
import { createExecutor } from '@sipf/outcomes';
import { parseBenchmark } from '@sipf/tasks';
import { expect, it } from 'vitest';
import { executeSamples } from './execute-samples.ts';

const problem = { task_id: 7, text: 'Add.', code: 'x', test_list: ['assert add(1, 2) == 3'] };
const problems = new Map(
  parseBenchmark(JSON.stringify(problem), 'problems.jsonl').map((one) => [one.id, one]),
);
/** A service that passes what holds a plus, and counts what it is asked. */
const asked: string[] = [];
const executor = createExecutor((request) => {
  asked.push(request.code);
  const outcome = request.code.includes('+') ? execution.Outcome.PASSED : execution.Outcome.FAILED;
  return Promise.resolve(execution.ExecuteResponse.fromPartial({ outcome }));
});
const run = executeSamples({
  problems,
  executor,
  journal: undefined,
  bounds: { signal: new AbortController().signal, timeoutMs: 1000 },
  limits: { wallTimeMs: 1000, memoryMib: 64 },
  isModelText: false,
});
const right = { task_id: 7, completion: 'a + b' };

it.each([
  [
    { task_id: 7, completion: 'x'.repeat(1_200_000) },
    /^failed: the program has 120000\d characters, at most/,
  ],
  [{ task_id: 7, completion: null }, 'failed: completion must be a text, is null'],
  [{ task_id: 7, completion: 3 }, 'failed: completion must be a text, is a number'],
  [{ task_id: 7, completion: ['a'] }, 'failed: completion must be a text, is a list'],
  [{ task_id: 7 }, 'failed: completion must be a text, is missing'],
  [{ completion: 'a + b' }, 'failed: task_id must be a text or a whole number, is missing'],
  [{ task_id: 7.5, completion: 'a + b' }, 'failed: task_id must be a text or a whole number, is a number'],
  [{ task_id: null, completion: 'a + b' }, 'failed: task_id must be a text or a whole number, is null'],
  [{ task_id: 'x/1', completion: 'a + b' }, 'failed: task_id "x/1" is not a problem of --problems'],
  [{ task_id: 7, completion: '' }, 'failed: there is no program'],
  [
    { task_id: 7, completion: 'a + "\ud800"' },
    'failed: completion holds half of a surrogate pair, which is not a character',
  ],
])('fails a sample that cannot be run, and no other one: %j', async (bad, result) => {
  asked.length = 0;
  const kept: object = { ...bad, model: 'm' };
  const rows = await run([right, kept, { task_id: '7', completion: 'a - b' }]);
  expect(rows.map(({ passed }) => passed)).toEqual([true, false, false]);
  expect(rows[1]).toMatchObject({
    ...bad,
    model: 'm',
    passed: false,
    result: expect.stringMatching(result) as string,
  });
  expect(asked.every((code) => code.length < 100)).toBe(true);
});
