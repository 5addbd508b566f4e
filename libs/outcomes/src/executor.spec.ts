import { execution, executeBounds } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { createExecutor, executorFor, type ExecutionCall } from './executor.ts';

const { FAILED, PASSED, SANDBOX_ERROR, TIMED_OUT } = execution.Outcome;
const program = (code: string) => ({ language: execution.Language.PYTHON, code, tests: '' });
const bounds = { signal: new AbortController().signal, timeoutMs: 1000 };

/** A service that gives its outcomes in turn, the last one for ever, each a moment later. */
function service(...outcomes: execution.Outcome[]) {
  const asked: string[] = [];
  let most = 0;
  let underWay = 0;
  const call: ExecutionCall = async ({ code }, { signal }) => {
    asked.push(code);
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    signal.throwIfAborted();
    const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
    return execution.ExecuteResponse.fromPartial({ outcome: outcome ?? PASSED });
  };
  return { call, asked, mostUnderWay: () => most };
}

it('runs a program that many ask for once, at the same time and later', async () => {
  const { call, asked } = service(FAILED);
  const executor = createExecutor(call);
  const together = await Promise.all([1, 2, 3].map(() => executor.run(program('x'), bounds)));
  const later = await executor.run(program('x'), bounds);
  expect([...together, later].map(({ outcome }) => outcome)).toEqual([FAILED, FAILED, FAILED, FAILED]);
  expect(asked).toEqual(['x']);
});

it('asks again for what may end differently the next time, and for the oldest when its room is used up', async () => {
  const slow = service(TIMED_OUT);
  const patient = createExecutor(slow.call);
  await patient.run(program('x'), bounds);
  await patient.run(program('x'), bounds);
  expect(slow.asked).toHaveLength(2);
  const { call, asked } = service(PASSED);
  const small = createExecutor(call, { keptVerdicts: 2 });
  for (const code of ['a', 'b', 'c', 'b', 'a']) await small.run(program(code), bounds);
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});

it('runs a program again whose sandbox broke, and gives up with that verdict', async () => {
  const passing = service(SANDBOX_ERROR, SANDBOX_ERROR, PASSED);
  expect(await createExecutor(passing.call).run(program('x'), bounds)).toMatchObject({ outcome: PASSED });
  const broken = service(SANDBOX_ERROR);
  const verdict = await createExecutor(broken.call, { sandboxRetries: 1 }).run(program('x'), bounds);
  expect(verdict.outcome).toBe(SANDBOX_ERROR);
  expect(broken.asked).toHaveLength(2);
});

it('never has more programs at the service than it may', async () => {
  const { call, asked, mostUnderWay } = service(PASSED);
  const executor = createExecutor(call, { concurrency: 3 });
  await Promise.all(Array.from({ length: 20 }, (_, index) => executor.run(program(`x${index}`), bounds)));
  expect(asked).toHaveLength(20);
  expect(mostUnderWay()).toBe(3);
});

it('runs a program itself where the caller that it waited for was cancelled', async () => {
  const { call } = service(PASSED);
  const executor = createExecutor(call);
  const cancel = new AbortController();
  const first = executor.run(program('x'), { ...bounds, signal: cancel.signal });
  const second = executor.run(program('x'), bounds);
  cancel.abort();
  await expect(first).rejects.toThrow();
  expect(await second).toMatchObject({ outcome: PASSED });
});

it('does not send an empty program', async () => {
  const { call, asked } = service(PASSED);
  expect(await createExecutor(call).run(program(' \n'), bounds)).toMatchObject({ outcome: FAILED });
  expect(asked).toEqual([]);
});

it('does not send a program that is longer than the service takes', async () => {
  const { call, asked } = service(PASSED);
  const executor = createExecutor(call);
  const [whole, long] = [
    ' '.repeat(executeBounds.codeCharacters - 1) + 'x',
    'x'.repeat(executeBounds.codeCharacters + 1),
  ];
  expect(await executor.run(program(whole), bounds)).toMatchObject({ outcome: PASSED });
  expect(await executor.run(program(long), bounds)).toMatchObject({
    outcome: FAILED,
    message: 'the program has 1000001 characters, at most 1000000 are run',
  });
  expect(asked).toHaveLength(1);
});

it('lets no client wait behind the programs of another one, and names each to the service', async () => {
  const { call } = service(PASSED);
  const clients: string[] = [];
  const named: ExecutionCall = async (request, options) => {
    clients.push(request.clientId);
    return await call(request, options);
  };
  const executor = createExecutor(named, { concurrency: 1, clientId: 'orchestration' });
  const [greedy, modest] = ['greedy', 'modest'].map((clientId) => executorFor(clientId, executor));
  const all = Array.from({ length: 5 }, (_, index) => greedy?.run(program(`x${index}`), bounds));
  await Promise.all([...all, modest?.run(program('y'), bounds)]);
  expect(clients.slice(0, 2)).toEqual(['orchestration/greedy', 'orchestration/modest']);
  expect(clients).toHaveLength(6);
});
