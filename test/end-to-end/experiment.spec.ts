import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../run/step.ts';
import { outputsOf, readLog, startSipf, until, type Ended } from './run-processes.ts';

const runs = mkdtempSync(join(tmpdir(), 'sipf-experiment-'));
const folder = join(runs, 'e');
const config = join(root, 'test/fixtures/tiny-run.yaml');
/** Seconds of work, all of it real. */
const settings = [
  ...['iterations=1', 'task.loopQuestions=16', 'task.testQuestions=16', 'simulation.questions=8'],
  // Enough for some answers to be right.
  ...['task.trainProblems=160', 'task.simulatorProblems=80', 'sft.epochs=12', 'filter.minReward=0'],
  ...['evaluation.validationQuestions=6', 'evaluation.samples={count: 2}'],
  'evaluation.outOfDomain=[{name: harder, questions: 6}]',
  // What goes beyond the paper.
  ...['pairs.level=step', 'pairs.weights=reward', 'sampling.curriculum=[{pathsPerQuestion: 4}]'],
  ...['verifier.labels=soft', 'verifier.denoising={afterFirstError: true, minAgreement: 0.75}'],
];
const common = ['--no-dashboard', '--workers', '1', '--config', config, '--runs', runs, '--set', ...settings];
const experiment = [
  'experiment',
  ...common,
  '--methods',
  'sft-continued,prft,sipf',
  '--seeds',
  '7',
  '--id',
  'e',
  '--json',
];

interface ExperimentLine {
  readonly type: string;
  readonly run?: string;
}

let ended: Ended;

beforeAll(async () => {
  const { child, ended: killed } = startSipf(experiment);
  const isAtWork = () =>
    readLog(join(runs, 'e-prft-s7')).some(
      ({ stage, kind }) => stage === 'label-1' && kind === 'stage-started',
    );
  await until(isAtWork, { timeoutMs: 90_000, what: 'the second run' });
  child.kill('SIGKILL');
  await killed;
  ended = await startSipf(experiment).ended;
}, 180_000);

afterAll(() => {
  rmSync(runs, { recursive: true, force: true });
});

it('resumes where it was killed and lists its runs in experiment.json', () => {
  expect(ended.code, ended.output).toBe(0);
  const lines = ended.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as ExperimentLine);
  // The first run had ended before.
  expect(lines.filter(({ type }) => type === 'run').map(({ run }) => run)).toEqual([
    'e-prft-s7',
    'e-sipf-s7',
  ]);
  const file = JSON.parse(readFileSync(join(folder, 'experiment.json'), 'utf8')) as { runs: object[] };
  expect(file).toMatchObject({ id: 'e', config: { task: { name: 'arithmetic' } } });
  expect(file.runs).toEqual([
    { run: 'e-sft-continued-s7', method: 'sft-continued', seed: 7, vary: {} },
    { run: 'e-prft-s7', method: 'prft', seed: 7, vary: {} },
    { run: 'e-sipf-s7', method: 'sipf', seed: 7, vary: {} },
  ]);
});

/** Stages that a run took from another one. */
function reusedBy(run: string): string[] {
  const lines = readLog(join(runs, run)) as { stage?: string; kind: string; reused?: boolean }[];
  return lines.flatMap(({ kind, reused, stage = '' }) =>
    kind === 'stage-completed' && reused ? [stage] : [],
  );
}

it('computes what runs have in common once', () => {
  const start = ['sft-0', 'evaluate-0', 'evaluate-validation-0', 'evaluate-harder-0'];
  expect(reusedBy('e-sft-continued-s7')).toEqual([]);
  expect(reusedBy('e-prft-s7').sort()).toEqual([...start].sort());
  const verified = ['simulator', 'sample-1', 'label-1', 'train-verifier-1', 'score-1', 'evaluate-samples-0'];
  expect(reusedBy('e-sipf-s7').sort()).toEqual([...start, ...verified].sort());
  const stagesWithCurves = readFileSync(join(runs, 'e-sipf-s7', 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { stage: string }).stage);
  expect([...new Set(stagesWithCurves)].sort()).toEqual([
    'align-1',
    'sft-0',
    'simulator',
    'train-verifier-1',
  ]);
});

it('leaves what the same run alone leaves', async () => {
  const alone = await startSipf(['run', ...common, 'seed=7', 'method=sipf', '--run-id', 'alone']).ended;
  expect(alone.code, alone.output).toBe(0);
  const withoutReport = ({ report, ...stages }: Record<string, unknown>) => {
    expect(report).toBeDefined();
    return stages;
  };
  expect(withoutReport(outputsOf(join(runs, 'e-sipf-s7')))).toEqual(
    withoutReport(outputsOf(join(runs, 'alone'))),
  );
}, 60_000);

/** The rows of an artifact. */
function rowsOf<T>(digest: string): T[] {
  const hex = digest.replace('sha256:', '');
  const blob = join(runs, 'e-sft-continued-s7', 'artifacts', 'blobs', hex.slice(0, 2), hex);
  const lines = readFileSync(blob, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as T);
}

it('weighs pairs of steps by their rewards, and carries errors on in what the verifier learns', () => {
  const outputs = outputsOf(join(runs, 'e-sipf-s7'));
  const pairs = rowsOf<{ weight: number }>(outputs['pair-1']?.['preferences'] ?? '');
  expect(pairs.reduce((sum, { weight }) => sum + weight, 0) / pairs.length).toBeCloseTo(1);
  expect(new Set(pairs.map(({ weight }) => weight)).size).toBeGreaterThan(1);
  const labelled = rowsOf<{ labels: (boolean | null)[] }>(outputs['train-verifier-1']?.['dataset'] ?? '');
  for (const { labels } of labelled) {
    const error = labels.indexOf(false);
    if (error >= 0) expect(labels.slice(error).every((label) => label === false)).toBe(true);
  }
});

it('reports the results over all runs, with every answer behind them', () => {
  const results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as {
    rows: { method: string; dataset: string; seeds: { row: { outcomes: string; sampled?: object } }[] }[];
    comparisons: { first: string; second: string }[];
    missing: string[];
  };
  const test = results.rows.filter(({ dataset }) => dataset === 'test');
  expect(test.map(({ method }) => method)).toEqual(['SFT', 'SFT continued', 'pRFT', 'SIPF 1']);
  expect(results.comparisons.map(({ first, second }) => `${first} - ${second}`)).toContain('pRFT - SFT');
  expect(results.missing).toEqual([]);
  expect(test[2]?.seeds[0]?.row.sampled).toHaveProperty('best@2');
  expect(readFileSync(join(folder, 'results.md'), 'utf8')).toContain(
    'Greedy accuracy on the harder questions.',
  );
  const answers = rowsOf(test[0]?.seeds[0]?.row.outcomes ?? '');
  expect(answers).toHaveLength(16);
  expect(answers[0]).toMatchObject({
    id: 'test/0',
    correct: expect.any(Boolean) as boolean,
    gold: expect.any(String) as string,
    wholePath: expect.any(Boolean) as boolean,
  });
});
