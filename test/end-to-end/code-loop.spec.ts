import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../run/step.ts';
import { outputsOf, readLog, startSipf, type Ended } from './run-processes.ts';

const runs = mkdtempSync(join(tmpdir(), 'sipf-code-loop-'));
const folder = join(runs, 'code');
let ended: Ended;

beforeAll(async () => {
  const config = join(root, 'test/fixtures/tiny-code-run.yaml');
  const settings = ['--set', 'iterations=2', 'verifier.refresh=every-iteration'];
  const call = ['run', '--config', config, '--run-id', 'code', '--runs', runs, '--no-dashboard', ...settings];
  ended = await startSipf(call).ended;
}, 120_000);

afterAll(() => {
  rmSync(runs, { recursive: true, force: true });
});

/** What a stage counted. */
function countsOf(stage: string): Readonly<Record<string, number>> {
  const entry = readLog(folder).find((line) => line.kind === 'stage-completed' && line.stage === stage);
  return (entry?.result as { counts?: Record<string, number> } | undefined)?.counts ?? {};
}

it('goes round the loop on programs: tests say what is right, in sampling, roll-outs and evaluation', () => {
  expect(ended.code, ended.output).toBe(0);
  const { rows } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as {
    rows: { method: string; correct: number; total: number }[];
  };
  expect(rows.map(({ method, total }) => [method, total])).toEqual([
    ['SFT', 24],
    ['SIPF 1', 24],
    ['SIPF 2', 24],
  ]);
  // A model this small has learnt to count a list; a wrong judge would call all programs right or none.
  const { positive = 0, negative = 0, unknown } = countsOf('sample-1');
  expect(positive).toBeGreaterThan(0);
  expect(negative).toBeGreaterThan(0);
  expect(unknown).toBeUndefined();
});

it('labels partial programs by the tests that their completions pass', () => {
  const { steps = 0, right = 0, undecided, paths = 0 } = countsOf('label-1');
  // Programs have more steps than one, or there would be nothing to complete.
  expect(steps).toBeGreaterThan(paths);
  expect(right).toBeGreaterThan(0);
  expect(right).toBeLessThan(steps);
  expect(undecided).toBe(0);
  expect(countsOf('pair-1')['pairs']).toBeGreaterThan(0);
});

it('labels and trains its verifier anew in every iteration, where the configuration says so', () => {
  const outputs = outputsOf(folder);
  const [first, second] = ['train-verifier-1', 'train-verifier-2'].map((stage) => outputs[stage]?.['model']);
  expect(second).toMatch(/^sha256:/);
  expect(second).not.toBe(first);
  expect(countsOf('label-2')['paths']).toBeGreaterThan(0);
});

it('asked an execution service of its own', () => {
  expect(existsSync(join(folder, 'logs/execution.log'))).toBe(true);
});
