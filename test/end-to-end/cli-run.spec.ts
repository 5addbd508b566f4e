import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { callCli, startCli, testFolder, type CliProcess } from './cli-process.ts';

/** Supervised fine-tuning of a very small model: seconds, and long enough to be disturbed. */
const SETTINGS = [
  'method=sft',
  'task={name: arithmetic, trainProblems: 200, loopQuestions: 1, testQuestions: 20, simulatorProblems: 1}',
  'policy.initial={hiddenSize: 32, intermediateSize: 64, numHiddenLayers: 2, numAttentionHeads: 2, numKeyValueHeads: 2}',
  'sft={learningRate: 3e-3, epochs: 10, batchSize: 8, maxSequenceTokens: 192}',
  'evaluation.maxNewTokens=48',
  'continuedSftEpochs=null',
];
const runWith = (...settings: string[]) => [
  'run',
  '--json',
  '--no-dashboard',
  '--workers',
  '1',
  '--set',
  ...settings,
  '--run-id',
];
const RUN = runWith(...SETTINGS);

interface Result {
  readonly rows: readonly {
    readonly method: string;
    readonly model: string;
    readonly correct: number;
  }[];
}

function resultsOf(folder: string, id: string): Result['rows'] {
  return (JSON.parse(readFileSync(join(folder, 'runs', id, 'results.json'), 'utf8')) as Result).rows;
}

/** The training is under way. */
function untilTraining(run: CliProcess): Promise<string> {
  return run.waitForLine((line) => line.includes('"type":"progress"') && line.includes('"stage":"sft-0"'));
}

interface Processes {
  readonly children: readonly { readonly name: string; readonly pid: number }[];
}

function pidOf(folder: string, id: string, service: string): number {
  const file = join(folder, 'runs', id, 'processes.json');
  const { children } = JSON.parse(readFileSync(file, 'utf8')) as Processes;
  return children.find(({ name }) => name === service)?.pid ?? 0;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Of the first test's run; the later ones, disturbed, must come to the same. */
let undisturbed: Result['rows'];

describe('a run', () => {
  it('goes through its stages and leaves a folder that holds everything', async () => {
    const folder = testFolder();
    const { status, stdout, stderr } = await callCli(folder, [...RUN, 'calm']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.filter(({ kind }) => kind === 'stage-completed').map(({ stage }) => stage)).toEqual([
      'data',
      'sft-0',
      'evaluate-0',
      'report',
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'end', run: { id: 'calm', state: 'succeeded' } });
    undisturbed = resultsOf(folder, 'calm');
    expect(undisturbed).toMatchObject([
      { method: 'SFT', model: expect.stringMatching(/^sha256:/) as string },
    ]);
    await checkFolder(folder);
  });

  async function checkFolder(folder: string): Promise<void> {
    const names = readdirSync(join(folder, 'runs', 'calm'));
    expect(names).toEqual(
      expect.arrayContaining(['artifacts', 'config.json', 'log.jsonl', 'logs', 'results.md', 'state']),
    );
    expect(names).not.toContain('processes.json');
    const status = await callCli(folder, ['status', 'calm']);
    expect(status.stdout).toContain('run calm: succeeded');
    const again = await callCli(folder, [...RUN, 'calm']);
    expect(again.status).toBe(64);
    expect(again.stderr).toContain('resume it with `sipf resume calm`');
    const resumed = await callCli(folder, ['resume', 'calm']);
    expect(resumed).toMatchObject({ status: 64, stderr: expect.stringContaining('has succeeded') as string });
  }

  it('that is cancelled by Ctrl-C says how to resume, and resumes to the same model', async () => {
    const folder = testFolder();
    const run = startCli(folder, [...RUN.filter((flag) => flag !== '--json'), 'x']);
    await untilFile(join(folder, 'runs', 'x', 'metrics.jsonl'));
    run.child.kill('SIGINT');
    const { status, stderr } = await run.ended;
    expect(stderr).toContain('cancelling the run; once more to stop at once');
    expect(stderr).toContain('to resume it:     sipf resume x');
    expect(status).toBe(130);
    const resumed = await callCli(folder, ['resume', 'x']);
    expect(resumed.status).toBe(0);
    expect(resumed.stdout).toContain('| SFT |');
    expect(resultsOf(folder, 'x')).toEqual(undisturbed);
  });

  it('outlives the deaths of its orchestrator and of a service, with the same model', async () => {
    const folder = testFolder();
    const run = startCli(folder, [...RUN, 'x']);
    await untilTraining(run);
    process.kill(pidOf(folder, 'x', 'orchestration'), 'SIGKILL');
    process.kill(pidOf(folder, 'x', 'training'), 'SIGKILL');
    const { status, stdout } = await run.ended;
    expect(stdout).toMatch(
      /"type":"note","text":"orchestration was ended by SIGKILL .*restart 1 of at most 5"/,
    );
    expect(status).toBe(0);
    expect(resultsOf(folder, 'x')).toEqual(undisturbed);
  });

  it('whose command line is killed leaves no process behind and can be resumed', async () => {
    const folder = testFolder();
    const run = startCli(folder, [...RUN, 'x']);
    await untilTraining(run);
    const { children } = JSON.parse(
      readFileSync(join(folder, 'runs', 'x', 'processes.json'), 'utf8'),
    ) as Processes;
    // Those that its plan asks, and no others.
    expect(children.map(({ name }) => name).sort()).toEqual([
      'generation',
      'nats',
      'orchestration',
      'training',
    ]);
    run.child.kill('SIGKILL');
    await run.ended;
    const { status } = await callCli(folder, ['resume', 'x']);
    expect(status).toBe(0);
    expect(children.filter(({ pid }) => isRunning(pid))).toEqual([]);
    expect(resultsOf(folder, 'x')).toEqual(undisturbed);
  });

  it('is cancelled from elsewhere, and not driven twice', async () => {
    const folder = testFolder();
    const run = startCli(folder, [...runWith(...SETTINGS, 'sft.epochs=2000'), 'x']);
    await untilTraining(run);
    const second = await callCli(folder, ['resume', 'x']);
    expect(second).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/run x is held by process \d+ on \S+, since/) as string,
    });
    const cancelled = await callCli(folder, ['cancel', 'x']);
    expect(cancelled).toMatchObject({ status: 0, stdout: 'run x is cancelled\n' });
    expect((await run.ended).status).toBe(130);
    const nothing = await callCli(folder, ['cancel', 'x']);
    expect(nothing).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('run x is cancelled') as string,
    });
  });

  it('that is stopped while its services start ends at once', async () => {
    const folder = testFolder();
    const run = startCli(folder, [...RUN, 'x']);
    await run.waitForLine((line) => line.includes('starting the services'));
    run.child.kill('SIGINT');
    expect((await run.ended).status).toBe(130);
    expect(existsSync(join(folder, 'runs', 'x', 'log.jsonl'))).toBe(false);
  });
});

async function untilFile(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(50);
}

it('ends with 64 where data are wrong, before anything runs, and names each fault once with its first line', async () => {
  const folder = testFolder();
  const row = (answer: string) => `${JSON.stringify({ question: 'q?', answer })}\n`;
  writeFileSync(join(folder, 'train.jsonl'), row('#### 2') + row('two') + row('three'));
  writeFileSync(join(folder, 'test.jsonl'), row('#### 2'));
  const [train, test] = ['train.jsonl', 'test.jsonl'].map((name) => join(folder, name));
  const data = `task={name: gsm8k, train: ${train}, test: ${test}}`;
  const { status, stdout, stderr } = await callCli(folder, [...runWith(...SETTINGS.with(1, data)), 'bad']);
  expect(status).toBe(64);
  expect(stdout).toBe('');
  const fault = 'train.jsonl:2: answer must end with a line "#### <number>" (and so in 1 more line)';
  expect(stderr).toContain(`task.train: ${fault}`);
  expect(existsSync(join(folder, 'runs', 'bad'))).toBe(false);
});
