import { orchestration } from '@sipf/contracts';
import { SMALL_POLICY } from '@sipf/contracts/testing';
import { createClient, type ServiceClient } from '@sipf/service';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outputsOf, readLog, until } from '../../end-to-end/run-processes.ts';
import { collect } from '../../support/calls.ts';
import { temporaryFolder } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const { RunState } = orchestration;
/** Of an orchestrator that dies or is silent, to another one that drives its run. */
const TAKEOVER_MS = 30_000;
const folder = temporaryFolder();
const runs = join(folder.path, 'runs');
const CONFIG = {
  method: 'sft',
  task: { name: 'arithmetic', trainProblems: 64, loopQuestions: 1, testQuestions: 8 },
  policy: SMALL_POLICY,
  sft: { learningRate: 1e-3, epochs: 12 },
  sampling: { maxNewTokens: 8 },
  evaluation: { maxNewTokens: 8 },
};
/** A training that ends when it is cancelled. */
const ENDLESS = { ...CONFIG, sft: { ...CONFIG.sft, epochs: 100_000 } };

/** An orchestrator, and a client that calls it alone. */
interface Caller {
  readonly program: RunningProgram;
  readonly client: ServiceClient<orchestration.OrchestrationServiceDefinition>;
}
const workers: RunningProgram[] = [];
const callers: Caller[] = [];

beforeAll(async () => {
  const store = ['--artifacts', join(folder.path, 'store')];
  mkdirSync(join(folder.path, 'store'));
  const common = [...store, '--threads', '1'];
  workers.push(
    await startProgram('generation', [...common, '--workers', '1']),
    await startProgram('training', [...common, '--state', join(folder.path, 'training')]),
  );
});

afterAll(async () => {
  for (const { client, program } of callers) {
    client.close();
    program.child.kill('SIGKILL');
    await program.ended;
  }
  for (const worker of workers) await worker[Symbol.asyncDispose]();
  folder.remove();
});

async function start(): Promise<Caller> {
  const [generation, training] = workers.map(({ address }) => address);
  const program = await startProgram('orchestration', [
    ...['--runs', runs, '--artifacts', join(folder.path, 'store'), '--resume-interrupted'],
    ...['--generation', generation ?? '', '--training', training ?? ''],
    ...['--simulation', 'none', '--verification', 'none'],
  ]);
  const options = { retry: { attempts: 1 } };
  const client = createClient(orchestration.OrchestrationServiceDefinition, program.address, options);
  const caller = { program, client };
  callers.push(caller);
  return caller;
}

/** Begins a run at an orchestrator, up to the middle of its training. */
async function begin({ client }: Caller, runId: string, config: object = CONFIG): Promise<void> {
  await client.startRun({ runId, configJson: JSON.stringify(config) });
  const metrics = join(runs, runId, 'metrics.jsonl');
  const hasSteps = (): boolean => statSync(metrics, { throwIfNoEntry: false })?.isFile() ?? false;
  await until(hasSteps, { timeoutMs: 60_000, what: 'a step of the training' });
}

/** Until some orchestrator has driven the run to its end, as this one sees it. */
async function end({ client }: Caller, runId: string): Promise<orchestration.RunState | undefined> {
  for (;;) {
    const watched = await collect(client.watchRun({ runId, fromEntry: 0n }));
    const last = watched.at(-1)?.event;
    if (last?.$case !== 'ended') return undefined;
    if (last.value.state !== RunState.INTERRUPTED) return last.value.state;
    await sleep(100);
  }
}

const kindsOf = (runId: string): string[] => readLog(join(runs, runId)).map(({ kind }) => kind);

/** Every file of a run with its time and its bytes. */
function filesOf(runId: string): Record<string, string> {
  const names = readdirSync(join(runs, runId), { recursive: true, encoding: 'utf8' });
  const paths = names.map((name) => join(runs, runId, name)).filter((path) => statSync(path).isFile());
  return Object.fromEntries(
    paths.map((path) => [path, `${statSync(path).mtimeMs} ${readFileSync(path, 'base64')}`]),
  );
}

let calm: ReturnType<typeof outputsOf>;

it('drives a run at one, which another one shows, follows and cancels', async () => {
  const [first, second] = [await start(), await start()];
  await begin(first, 'watched', ENDLESS);
  const seen: (string | undefined)[] = [];
  let cancelled: ReturnType<typeof second.client.cancelRun> | undefined;
  for await (const { event } of second.client.watchRun({
    runId: 'watched',
    fromEntry: 0n,
  })) {
    seen.push(event?.$case);
    if (event?.$case === 'progress') cancelled ??= second.client.cancelRun({ runId: 'watched' });
  }
  expect((await cancelled)?.run?.state).toBe(RunState.CANCELLED);
  expect(seen.filter((kind) => kind === 'entry')).toHaveLength(kindsOf('watched').length);
  expect(seen.at(-1)).toBe('ended');
  await begin(second, 'calm');
  const { runs: listed } = await first.client.listRuns({});
  expect(listed.map(({ id }) => id)).toEqual(['calm', 'watched']);
  expect(await end(first, 'calm')).toBe(RunState.SUCCEEDED);
  calm = outputsOf(join(runs, 'calm'));
});

it('finishes the run of one that is killed in the middle of a stage, with the same digests', async () => {
  const [first, second] = callers as [Caller, Caller];
  await begin(first, 'killed');
  first.program.child.kill('SIGKILL');
  expect(await end(second, 'killed')).toBe(RunState.SUCCEEDED);
  expect(kindsOf('killed').filter((kind) => kind === 'run-resumed')).toHaveLength(1);
  expect(outputsOf(join(runs, 'killed'))).toEqual(calm);
});

it('takes over the run of one that is stopped, which writes not a byte when it wakes', async () => {
  const [, second] = callers as [Caller, Caller];
  const sleeper = await start();
  await begin(sleeper, 'stopped');
  sleeper.program.child.kill('SIGSTOP');
  const isResumed = (): boolean => kindsOf('stopped').includes('run-resumed');
  await until(isResumed, { timeoutMs: TAKEOVER_MS, what: 'the takeover' });
  expect(await end(second, 'stopped')).toBe(RunState.SUCCEEDED);
  expect(outputsOf(join(runs, 'stopped'))).toEqual(calm);
  const before = filesOf('stopped');
  sleeper.program.child.kill('SIGCONT');
  const hasNoticed = (): boolean => sleeper.program.log().includes('another orchestrator has taken the run');
  await until(hasNoticed, { timeoutMs: 20_000, what: 'the sleeper to notice' });
  const { run } = await sleeper.client.getRun({ runId: 'stopped' });
  expect(run?.state).toBe(RunState.SUCCEEDED);
  expect(filesOf('stopped')).toEqual(before);
}, 120_000);
