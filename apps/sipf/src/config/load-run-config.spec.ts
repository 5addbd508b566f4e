import { SipfError } from '@sipf/errors';
import { temporaryFolder } from '@sipf/runs/testing';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeError } from '../describe-error.ts';
import { experimentSettings } from '../experiment/experiment-settings.ts';
import { planExperiment } from '../experiment/plan-experiment.ts';
import { DEFAULT_CONFIG, ROOT } from '../repository.ts';
import { loadRunConfig, readExperimentSection } from './load-run-config.ts';

const SFT = `method: sft
task:
  name: gsm8k
  train: data/train.jsonl
  test: /absolute/test.jsonl
policy:
  model: ../model
sft:
  learningRate: 1.0e-3
sampling:
  maxNewTokens: 64
evaluation:
  maxNewTokens: 64
`;

async function load(text: string, overrides: string[] = [], checkFiles = false) {
  using folder = temporaryFolder();
  const file = folder.write('run.yaml', text);
  return {
    config: await loadRunConfig({ file, overrides, cwd: folder.path, checkFiles }),
    folder: folder.path,
  };
}

/** What a person reads. */
async function complaint(text: string, overrides: string[] = [], checkFiles = false): Promise<string[]> {
  try {
    await load(text, overrides, checkFiles);
  } catch (error) {
    expect(error).toBeInstanceOf(SipfError);
    return describeError(error, { debug: false }).split('\n');
  }
  return [];
}

it('resolves paths of the file against the file, and of --set against the caller', async () => {
  const { config, folder } = await load(SFT);
  expect(config.task).toMatchObject({
    train: join(folder, 'data/train.jsonl'),
    test: '/absolute/test.jsonl',
  });
  expect(config.policy.model).toBe(join(folder, '../model'));
  using elsewhere = temporaryFolder();
  const file = elsewhere.write('run.yaml', SFT);
  const overrides = ['policy.model=here'];
  const typed = await loadRunConfig({ file, overrides, cwd: '/somewhere', checkFiles: false });
  expect(typed.policy.model).toBe('/somewhere/here');
});

it('resolves paths of an experiment of the file against the file, and of its flags against the caller', async () => {
  using folder = temporaryFolder();
  const section = `experiment:
  methods: [sft]
  vary: { policy.model: [a, /b] }
  alternatives: [{ task.train: other.jsonl }]
`;
  const source = {
    ...{ file: folder.write('run.yaml', SFT + section), overrides: [] },
    ...{ cwd: '/somewhere', checkFiles: false },
  };
  const flags = { vary: [], alternatives: ['policy.model=c'] };
  const settings = experimentSettings(await readExperimentSection(source), flags);
  const { runs } = await planExperiment('e', source, settings);
  expect(runs.map(({ config }) => config.policy.model)).toEqual([
    ...[join(folder.path, 'a'), '/b', join(folder.path, '../model'), '/somewhere/c'],
  ]);
  expect(runs[2]?.config.task).toMatchObject({ train: join(folder.path, 'other.jsonl') });
});

it('resolves paths inside an object or a list of --set against the caller, and those beside it against the file', async () => {
  using folder = temporaryFolder();
  const file = folder.write('run.yaml', SFT);
  const overrides = [
    'task={name: gsm8k, train: train.jsonl, test: /absolute/test.jsonl}',
    'evaluation.outOfDomain=[{name: mmlu-math, data: [a.csv, /absolute/b.csv]}]',
  ];
  const { task, evaluation, policy } = await loadRunConfig({
    ...{ file, overrides, cwd: '/somewhere', checkFiles: false },
  });
  expect(task).toMatchObject({ train: '/somewhere/train.jsonl', test: '/absolute/test.jsonl' });
  expect(evaluation.outOfDomain).toMatchObject([{ data: ['/somewhere/a.csv', '/absolute/b.csv'] }]);
  expect(policy.model).toBe(join(folder.path, '../model'));
});

it('leaves the word policy for the simulator alone', async () => {
  const simulator = 'simulator:\n  model: policy\n';
  expect((await load(SFT + simulator)).config.simulator?.model).toBe('policy');
});

describe('messages', () => {
  it('name file, line, column, key and reason of one wrong setting', async () => {
    expect(await complaint(SFT.replace('1.0e-3', 'fast'))).toEqual([
      'sipf: run.yaml:9:3: sft.learningRate: must be a number from 1e-12 to 10, is fast',
    ]);
  });

  it('have a line for each of several wrong settings', async () => {
    expect(await complaint(`${SFT}seeed: 3\nseed: -1\n`)).toEqual([
      'sipf: 2 settings of run.yaml are wrong',
      '  run.yaml:15:1: seed: must be an integer from 0 to 9007199254740991, is -1',
      '  run.yaml:14:1: seeed: unknown setting; did you mean seed?',
    ]);
  });

  it('say what is required, at the section that lacks it', async () => {
    expect(await complaint(SFT.replace('  learningRate: 1.0e-3', '  epochs: 2'))).toEqual([
      'sipf: run.yaml:8:1: sft.learningRate: is required',
    ]);
    expect(await complaint(SFT.replace('  name: gsm8k\n', ''))).toEqual([
      'sipf: run.yaml:2:1: task.name: is required: one of arithmetic, programs, mbpp, gsm8k',
    ]);
  });

  it('say which sections a method needs', async () => {
    const lines = await complaint(SFT.replace('method: sft', 'method: sipf'));
    expect(lines).toContain('  run.yaml:1:1: verifier: is required for method sipf');
  });

  it('point to --set for what was typed there', async () => {
    expect(await complaint(SFT, ['sft.epochs=-1'])).toEqual([
      'sipf: --set sft.epochs=-1: sft.epochs: must be a number from 0.000001 to 1000000, is -1',
    ]);
    expect(await complaint(SFT, ['sft={epochs: 1}'])).toEqual([
      'sipf: --set sft={epochs: 1}: sft.learningRate: is required',
    ]);
  });

  it('say which files are missing or of the wrong kind', async () => {
    const lines = await complaint(SFT.replace('/absolute/test.jsonl', '/dev'), [], true);
    expect(lines[0]).toBe('sipf: 3 settings of run.yaml are wrong');
    expect(lines[1]).toMatch(/^ {2}run\.yaml:4:3: task\.train: there is no file .*data\/train\.jsonl$/);
    expect(lines[2]).toBe('  run.yaml:5:3: task.test: /dev is not a file');
    expect(lines[3]).toMatch(/^ {2}run\.yaml:7:3: policy\.model: there is no folder .*model$/);
  });

  it('say what is the matter with the file itself', async () => {
    using folder = temporaryFolder();
    const source = { overrides: [], cwd: folder.path, checkFiles: false };
    await expect(loadRunConfig({ ...source, file: 'none.yaml' })).rejects.toThrow(
      'cannot read the configuration none.yaml: there is no such file; --config names it',
    );
    await expect(loadRunConfig({ ...source, file: '.' })).rejects.toThrow('it is a folder');
  });
});

const shared = join(ROOT, '../shared');
it.each([
  ['arithmetic.yaml', false],
  ['programs.yaml', false],
  ['gsm8k-stories260k.yaml', !existsSync(shared)],
  ['mbpp-stories260k.yaml', !existsSync(shared)],
])('the bundled %s is right', async (name, isMissingData) => {
  const file = join(DEFAULT_CONFIG, '..', name);
  const config = await loadRunConfig({ file, overrides: [], cwd: '/', checkFiles: !isMissingData });
  expect(config.method).toBe('sipf');
});
