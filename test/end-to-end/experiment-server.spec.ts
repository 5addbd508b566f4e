import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startRunServices } from '../support/run-services.ts';
import { callCli, testFolder } from './cli-process.ts';
import { readLog } from './run-processes.ts';

/** Seconds of work, all of it real. */
const SETTINGS = [
  'task={name: arithmetic, trainProblems: 16, loopQuestions: 1, testQuestions: 8, simulatorProblems: 1}',
  'policy.initial={hiddenSize: 16, intermediateSize: 16, numHiddenLayers: 1, numAttentionHeads: 2, numKeyValueHeads: 2}',
  ...[
    'sft={learningRate: 3e-3, epochs: 1, batchSize: 8, maxSequenceTokens: 192}',
    'evaluation.maxNewTokens=32',
  ],
];

/** What metrics.jsonl holds, in the order of stages and steps. */
function curvesOf(run: string): object[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const points = lines.map((line) => JSON.parse(line) as { readonly stage: string; readonly step: number });
  return points.sort((a, b) => a.stage.localeCompare(b.stage) || a.step - b.step);
}

interface Results {
  readonly rows: readonly { readonly method: string; readonly seeds: readonly unknown[] }[];
  readonly comparisons: readonly { readonly first: string; readonly second: string }[];
  readonly missing: readonly string[];
}

it('has the runs of an experiment driven by an orchestrator elsewhere, and sums them up here', async () => {
  const folder = testFolder();
  await using services = await startRunServices(folder);
  const cwd = testFolder();
  const plan = ['experiment', '--methods', 'sft,sft-continued', '--seeds', '1,2', '--id', 'far'];
  const where = ['--server', services.orchestration.address, '--artifacts', join(folder, 'store')];
  const call = [...plan, '--json', '--set', ...SETTINGS, ...where];
  // What is wrong with its files is found there before anything starts, in the words of a run on this machine.
  const wrong = ['--set', ...SETTINGS, `policy={model: ${cwd}}`, 'iterations=0', 'method=sft'];
  const here = await callCli(cwd, ['run', ...wrong]);
  const there = await callCli(cwd, ['run', ...wrong, ...where.slice(0, 2)]);
  expect(here).toMatchObject({ status: 64, stderr: expect.stringContaining('cannot be opened') as string });
  expect(there).toEqual(here);
  const none = await callCli(cwd, [...plan, '--set', ...SETTINGS, `policy={model: ${cwd}}`, ...where]);
  expect(none).toMatchObject({ status: 64, stderr: expect.stringContaining('cannot be opened') as string });
  expect(existsSync(join(cwd, 'runs'))).toBe(false);
  const first = await callCli(cwd, call);
  expect(first.status, first.stderr + first.stdout).toBe(0);
  const results = readFileSync(join(cwd, 'runs/far/results.json'), 'utf8');
  const { rows, comparisons, missing } = JSON.parse(results) as Results;
  expect(rows.map(({ method, seeds }) => [method, seeds.length])).toEqual([
    ['SFT', 2],
    ['SFT continued', 2],
  ]);
  expect(comparisons).toMatchObject([{ first: 'SFT continued', second: 'SFT' }]);
  expect(missing).toEqual([]);
  // What is here is what is there.
  expect(curvesOf(join(cwd, 'runs/far-sft-s1'))).toEqual(curvesOf(join(folder, 'runs/far-sft-s1')));
  expect(readLog(join(cwd, 'runs/far-sft-s1'))).toEqual(readLog(join(folder, 'runs/far-sft-s1')));
  const report = await callCli(cwd, ['report', 'far', '--artifacts', join(folder, 'store')]);
  expect(report).toMatchObject({ status: 0 });
  // Done already: nothing is begun, and the sums are the same.
  const again = await callCli(cwd, call);
  expect(again.stdout).not.toContain('"type":"run"');
  expect(readFileSync(join(cwd, 'runs/far/results.json'), 'utf8')).toBe(results);
});

it('needs to know where the answers are', async () => {
  const { status, stderr } = await callCli(testFolder(), ['experiment', '--server', '127.0.0.1:9']);
  expect(status).toBe(64);
  expect(stderr).toContain('--server and --artifacts go together');
});
