import { execution } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasProblems, readProblems, spread } from '../../bench/execution/problems.ts';
import { soak } from '../../bench/execution/soak.ts';
import { collect } from '../../support/calls.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const { Language, Outcome } = execution;
const python = Language.PYTHON;
let program: RunningProgram;
let client: ServiceClient<execution.ExecutionServiceDefinition>;

beforeAll(async () => {
  program = await startProgram('execution', ['--processes', '2', '--wall-time-ms', '30000']);
  client = createClient(execution.ExecutionServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
});

async function* stream(requests: readonly Parameters<typeof client.execute>[0][], inOrder: boolean) {
  for (const request of requests) yield await Promise.resolve({ request, inOrder });
}

describe('programs in Python', () => {
  it('are judged by their tests, and by their output for an input', async () => {
    const tested = await client.execute({
      language: python,
      code: 'def f(): return 4',
      tests: 'assert f() == 4',
    });
    expect(tested).toMatchObject({
      outcome: Outcome.PASSED,
      engine: expect.stringMatching(/^cpython 3\./u) as string,
    });
    const printed = { language: python, code: 'print(input())', stdin: 'a' };
    expect(await client.execute({ ...printed, expectedStdout: 'a' })).toMatchObject({
      outcome: Outcome.PASSED,
    });
    expect(await client.execute({ ...printed, expectedStdout: 'b' })).toMatchObject({
      outcome: Outcome.FAILED,
      message: 'wrong-output: line 1 is "a", expected "b"',
    });
  });

  it('get their verdicts in order where the stream asks for it', async () => {
    const slow = { id: 'slow', language: python, code: 'while True: pass', limits: { wallTimeMs: 500 } };
    const quick = ['a', 'b', 'c'].map((id) => ({ id, language: python, code: 'x = 1' }));
    const ordered = await collect(client.executeStream(stream([slow, ...quick], true)));
    expect(ordered.map(({ response }) => response?.id)).toEqual(['slow', 'a', 'b', 'c']);
  });

  it('run beside programs in other languages, fifty hostile ones at once among them', async () => {
    const codes = [
      'while True: pass',
      'a = []\nwhile True: a.append("x" * 100_000)',
      'while True: print("x" * 999)',
    ];
    const limits = { wallTimeMs: 100, memoryMib: 16 };
    const hostile = Array.from({ length: 50 }, (_, index) => ({
      id: `${index}`,
      language: index % 5 === 0 ? Language.JAVASCRIPT : python,
      code: index % 5 === 0 ? 'for (;;);' : (codes[index % codes.length] ?? ''),
      limits,
    }));
    const verdicts = await Promise.all(hostile.map((request) => client.execute(request)));
    const bad: readonly execution.Outcome[] = [Outcome.PASSED, Outcome.FAILED, Outcome.SANDBOX_ERROR];
    expect(verdicts.filter(({ outcome }) => bad.includes(outcome))).toEqual([]);
    expect((await client.execute({ language: python, code: 'x = 1' })).outcome).toBe(Outcome.PASSED);
  });

  it('are counted by language and outcome', async () => {
    await client.execute({ language: python, code: 'def f(:' });
    const metrics = await (await fetch(`${program.metricsUrl}/metrics`)).text();
    expect(metrics).toMatch(
      /sipf_execution_verdicts_total\{language="python",outcome="syntax-error"\} [1-9]/u,
    );
  });
});

describe.skipIf(!hasProblems)('known problems', () => {
  it('are solved by their reference solutions: sixty of HumanEval and MBPP', async () => {
    const some = spread(readProblems(), 60);
    const requests = some.map(({ id, code, tests }) => ({ id, language: python, code, tests }));
    const verdicts = await collect(client.executeStream(stream(requests, true)));
    expect(verdicts.map(({ response }) => response?.id)).toEqual(some.map(({ id }) => id));
    expect(verdicts.filter(({ response }) => response?.outcome !== Outcome.PASSED)).toEqual([]);
  });

  it('all get the right verdict in a stream of a hundred, one in twenty hostile, and no process is left over', async () => {
    expect(await soak(readProblems(), 100)).toMatchObject({ received: 100, wrong: [], zombies: 0 });
  });
});
