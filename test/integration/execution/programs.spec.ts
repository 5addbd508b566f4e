import { execution } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectNoPaths, refusalOf } from '../../support/calls.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const { Language, Outcome } = execution;
const code = 'function double(n) { return n * 2; }';
const endless = { language: Language.JAVASCRIPT, code: 'for (;;);' };
const FLAGS = [
  ...['--processes', '2', '--max-queue', '4', '--memory-limit-mib', '32'],
  // Far longer than any wait below.
  ...['--wall-time-ms', '30000', '--cpu-time-ms', '30000'],
];
let program: RunningProgram;
let client: ServiceClient<execution.ExecutionServiceDefinition>;

beforeAll(async () => {
  program = await startProgram('execution', FLAGS);
  client = createClient(execution.ExecutionServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  expectNoPaths(program.log());
});

async function execute(request: Parameters<typeof client.execute>[0]) {
  const response = await client.execute({ language: Language.JAVASCRIPT, ...request });
  expectNoPaths(
    JSON.stringify(response, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
  );
  return response;
}

it('passes a program whose tests hold, and returns what it printed', async () => {
  const tests = 'console.log("checked"); assert.equal(double(2), 4);';
  expect(await execute({ id: 'p', code, tests })).toMatchObject({
    id: 'p',
    outcome: Outcome.PASSED,
    stdout: 'checked\n',
    engine: expect.stringMatching(/^v8 /) as string,
    limits: { wallTimeMs: 30_000, memoryMib: 32 },
  });
});

it('says what failed, in the words of the program', async () => {
  const failed = await execute({ code, tests: 'assert.equal(double(2), 5, "two twos");' });
  expect(failed).toMatchObject({ outcome: Outcome.FAILED, message: 'assertion: AssertionError: two twos' });
  const thrown = await execute({ code: 'throw new RangeError("too far")' });
  expect(thrown.outcome).toBe(Outcome.FAILED);
  expect(thrown.message).toContain('too far');
});

it('names a wrong syntax, and types where none are understood', async () => {
  const typed = { code: 'const n: number = 1;', tests: 'assert.equal(n, 1);' };
  expect((await execute(typed)).outcome).toBe(Outcome.SYNTAX_ERROR);
  expect((await execute({ ...typed, language: Language.TYPESCRIPT })).outcome).toBe(Outcome.PASSED);
});

it('ends programs that take too much time, memory or output, and keeps serving', async () => {
  const short = { wallTimeMs: 300, cpuTimeMs: 300 };
  expect((await execute({ code: endless.code, limits: short })).outcome).toBe(Outcome.TIMED_OUT);
  const hungry = 'const all = []; for (;;) all.push(new Array(1000).fill(all.length));';
  expect((await execute({ code: hungry })).outcome).toBe(Outcome.OUT_OF_MEMORY);
  const loud = { code: 'for (;;) console.log("x".repeat(100));', limits: { maxOutputBytes: 1000 } };
  expect((await execute(loud)).outcome).toBe(Outcome.OUTPUT_LIMIT);
  expect((await execute({ code })).outcome).toBe(Outcome.PASSED);
});

it('gives verdicts of a stream in the order in which they are ready', async () => {
  async function* requests() {
    yield await Promise.resolve({ request: { ...endless, id: 'slow' } });
    for (const id of ['a', 'b', 'c']) yield { request: { id, language: Language.JAVASCRIPT, code } };
  }
  const ready: (string | undefined)[] = [];
  for await (const { response } of client.executeStream(requests())) {
    ready.push(response?.id);
    // Leaving the stream ends the slow one, however busy the machine is.
    if (ready.length === 3) break;
  }
  expect(ready).toEqual(['a', 'b', 'c']);
});

it('answers a stream whose sender waits for every verdict', async () => {
  let answered = Promise.withResolvers<undefined>();
  async function* requests() {
    for (const id of ['first', 'second', 'third']) {
      yield { request: { id, language: Language.JAVASCRIPT, code } };
      await answered.promise;
      answered = Promise.withResolvers();
    }
  }
  const ids: (string | undefined)[] = [];
  for await (const { response } of client.executeStream(requests())) {
    ids.push(response?.id);
    answered.resolve(undefined);
  }
  expect(ids).toEqual(['first', 'second', 'third']);
});

it('ends a stream at the first wrong program, after the verdicts on those before it', async () => {
  async function* requests() {
    yield await Promise.resolve({ request: { ...endless, id: 'slow', limits: { wallTimeMs: 3000 } } });
    yield { request: { id: 'quick', language: Language.JAVASCRIPT, code } };
    yield { request: { id: 'wrong', code } };
  }
  const ids: (string | undefined)[] = [];
  const call = (async () => {
    for await (const { response } of client.executeStream(requests())) ids.push(response?.id);
  })();
  expect(await refusalOf(call)).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  expect(ids).toEqual(['quick', 'slow']);
});

it('kills the program of a call that is cancelled', async () => {
  const cancel = new AbortController();
  const busy = [endless, endless].map((request) => client.execute(request, { signal: cancel.signal }));
  const settled = Promise.allSettled(busy);
  // Both processes are taken; this one waits behind them, and would wait for half a minute.
  const waiting = client.execute({ language: Language.JAVASCRIPT, code }, { deadlineMs: 20_000 });
  // A call that is cancelled in the very turn in which it is made may reach the server all the same.
  await sleep(100);
  cancel.abort();
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await waiting).outcome).toBe(Outcome.PASSED);
});

it('takes no more programs than its queue holds, and says when to come back', async () => {
  const cancel = new AbortController();
  const { signal } = cancel;
  const calls = Array.from({ length: 7 }, () => client.execute(endless, { signal, idempotent: false }));
  const refusal = await refusalOf(Promise.race(calls));
  expect(refusal).toMatchObject({ kind: 'resource-exhausted', reason: 'SANDBOX_QUEUE_FULL' });
  expect(refusal.retryAfterMs).toBeGreaterThan(0);
  cancel.abort();
  await Promise.allSettled(calls);
  const outcome = () =>
    execute({ code }).then(
      (response) => response.outcome,
      () => undefined,
    );
  await expect.poll(outcome, { timeout: 10_000 }).toBe(Outcome.PASSED);
});

it('refuses a program without a language or code', async () => {
  for (const request of [{ code }, { language: Language.JAVASCRIPT }]) {
    expect(await refusalOf(client.execute(request))).toMatchObject({
      kind: 'invalid-argument',
      reason: 'INVALID_FIELD',
    });
  }
});

it('says what it allows', async () => {
  const { info } = await client.info({});
  expect(info).toMatchObject({ service: 'execution', devices: ['cpu x 2'] });
  expect(info?.limits).toMatchObject({ memory_mib: 32, wall_time_ms: 30_000, max_queue: 4, processes: 2 });
});
