import { orchestration } from '@sipf/contracts';
import { SMALL_POLICY } from '@sipf/contracts/testing';
import { SipfError } from '@sipf/errors';
import { createClient, type ServiceClient } from '@sipf/service';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths, refusalOf } from '../../support/calls.ts';
import { temporaryFolder } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const { RunState } = orchestration;
const folder = temporaryFolder();
/** Nobody listens there: a run prepares its data and then waits for its services. */
const nobody = '127.0.0.1:9';
const flags = [
  ...['--runs', join(folder.path, 'runs'), '--artifacts', join(folder.path, 'store')],
  ...['generation', 'simulation', 'verification', 'training'].flatMap((name) => [`--${name}`, nobody]),
];
const config = {
  method: 'sft',
  task: { name: 'arithmetic', trainProblems: 8, loopQuestions: 1, testQuestions: 4 },
  policy: SMALL_POLICY,
  // A single update, which would be all warm-up.
  sft: { learningRate: 1e-3, warmupRatio: 0 },
  sampling: { maxNewTokens: 8 },
  evaluation: { maxNewTokens: 8 },
};
const configJson = JSON.stringify(config);
let program: RunningProgram;
let client: ServiceClient<orchestration.OrchestrationServiceDefinition>;

beforeAll(async () => {
  program = await startProgram('orchestration', flags);
  client = createClient(orchestration.OrchestrationServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
  expectNoPaths(program.log());
});

it('names every wrong setting of a configuration and starts nothing', async () => {
  const wrong = JSON.stringify({ ...config, sft: { learningRate: -1, lr: 2 }, task: { name: 'chess' } });
  const refusal = await refusalOf(client.startRun({ runId: 'wrong', configJson: wrong }));
  expect(refusal).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  expect(refusal.violations.map(({ field }) => field)).toEqual(['task.name', 'sft.learningRate', 'sft.lr']);
  const badId = await refusalOf(client.startRun({ runId: '../up', configJson }));
  expect(badId.violations.map(({ field }) => field)).toEqual(['run_id']);
  expect((await client.listRuns({})).runs).toEqual([]);
});

it('opens what a run would open, and refuses one whose files are wrong in the words of a check', async () => {
  const { runs } = await client.checkRuns({ configJson: [configJson, configJson] });
  expect(runs).toHaveLength(2);
  expect(runs[0]?.found.join()).toContain('sft: 8 rows, ');
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder.path, name), text);
    return join(folder.path, name);
  };
  const row = JSON.stringify({ question: 'q?', answer: '2' });
  const files = { train: write('train.jsonl', `${row}\n${row}`), test: write('test.jsonl', '{') };
  const model = { policy: { model: folder.path } };
  const bad = { ...config, ...model, task: { name: 'gsm8k', ...files } };
  const badJson = JSON.stringify(bad);
  // Of paths, only those that the caller named.
  const said = (call: Promise<unknown>): Promise<string[]> =>
    call.then(
      () => [],
      (error: unknown) => {
        if (!(error instanceof SipfError)) throw error;
        expect(error).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
        expectNoPaths(`${error.message} ${JSON.stringify(error.violations)}`.replaceAll(folder.path, ''));
        return error.violations.map(({ field, description }) => `${field}: ${description}`);
      },
    );
  const checked = await said(client.checkRuns({ configJson: [configJson, badJson] }));
  expect(checked).toEqual([
    'task.train: train.jsonl:1: answer must end with a line "#### <number>" (and so in 1 more line)',
    'task.test: test.jsonl:1: not JSON',
    expect.stringContaining(`policy.model: ${folder.path} cannot be opened: `),
  ]);
  expect(await said(client.startRun({ runId: 'wrong', configJson: badJson }))).toEqual(checked);
  expect((await client.listRuns({})).runs).toEqual([]);
});

it('starts a run once, reports it, cancels and resumes it', async () => {
  const { run } = await client.startRun({ runId: 'one', configJson });
  expect(run).toMatchObject({ id: 'one', state: RunState.RUNNING });
  const refusal = await refusalOf(client.startRun({ runId: 'one', configJson }));
  expect(refusal).toMatchObject({ kind: 'already-exists', reason: 'RUN_EXISTS' });

  const kinds: string[] = [];
  for await (const { event } of client.watchRun({ runId: 'one', fromEntry: 0n })) {
    if (event?.$case !== 'entry') continue;
    kinds.push(
      `${event.value.kind} ${(JSON.parse(event.value.entryJson) as { stage?: string }).stage ?? ''}`.trim(),
    );
    if (kinds.at(-1) === 'stage-started sft-0') break;
  }
  expect(kinds).toEqual([
    ...['run-started', 'stage-started data', 'stage-completed data', 'stage-started sft-0'],
  ]);

  const cancelled = await client.cancelRun({ runId: 'one' });
  expect(cancelled.run?.state).toBe(RunState.CANCELLED);
  const resumed = await client.resumeRun({ runId: 'one' });
  expect(resumed.run?.state).toBe(RunState.RUNNING);
  expect((await client.cancelRun({ runId: 'one' })).run?.state).toBe(RunState.CANCELLED);
  const ended = await collect(client.watchRun({ runId: 'one', fromEntry: 0n }));
  expect(ended.map(({ event }) => event?.$case)).toEqual(['ended']);
  const replay = { runId: 'one', replayEnded: true };
  const replayed = await collect(client.watchRun({ ...replay, fromEntry: 0n }));
  const reported = replayed.map(({ event }) => (event?.$case === 'entry' ? event.value.kind : event?.$case));
  expect(reported.slice(0, kinds.length)).toEqual(kinds.map((kind) => kind.split(' ')[0]));
  expect(reported.slice(-2)).toEqual(['run-cancelled', 'ended']);
  const rest = await collect(client.watchRun({ ...replay, fromEntry: BigInt(replayed.length - 1) }));
  expect(rest.map(({ event }) => event?.$case)).toEqual(['ended']);
});

it('knows the runs of an orchestrator before it, and says what it does not know', async () => {
  await using second = await startProgram('orchestration', flags);
  using other = createClient(orchestration.OrchestrationServiceDefinition, second.address);
  const { runs } = await other.listRuns({});
  expect(runs.map(({ id, state }) => [id, state])).toEqual([['one', RunState.CANCELLED]]);
  const refusal = await refusalOf(other.getRun({ runId: 'never' }));
  expect(refusal).toMatchObject({ kind: 'not-found', reason: 'RUN_NOT_FOUND' });
});

it('resumes the runs of an orchestrator that was killed, and takes no more than it may', async () => {
  const runs = join(folder.path, 'killed');
  const own = [...flags.slice(2), '--runs', runs, '--resume-interrupted', '--max-runs', '1'];
  const first = await startProgram('orchestration', own);
  using dying = createClient(orchestration.OrchestrationServiceDefinition, first.address);
  await dying.startRun({ runId: 'kept', configJson });
  first.child.kill('SIGKILL');
  await first.ended;
  // What a start leaves that was killed before its first entry: no run, and no obstacle to the others or to itself.
  mkdirSync(join(runs, 'torn'));
  writeFileSync(join(runs, 'torn/log.jsonl'), '{"index":0,"kind":"run-sta');

  await using second = await startProgram('orchestration', own);
  const options = { retry: { attempts: 1 } };
  using other = createClient(orchestration.OrchestrationServiceDefinition, second.address, options);
  const { runs: known } = await other.listRuns({});
  expect(known.map(({ id, state }) => [id, state])).toEqual([['kept', RunState.RUNNING]]);
  const start = () => other.startRun({ runId: 'torn', configJson });
  expect(await refusalOf(start())).toMatchObject({
    ...{ kind: 'resource-exhausted', reason: 'QUOTA_EXCEEDED', retryAfterMs: 60_000 },
  });
  await other.cancelRun({ runId: 'kept' });
  expect((await start()).run?.state).toBe(RunState.RUNNING);
  expect((await other.cancelRun({ runId: 'torn' })).run?.state).toBe(RunState.CANCELLED);
  expectNoPaths(second.log());
});
