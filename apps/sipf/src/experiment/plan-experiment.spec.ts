import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../repository.ts';
import { experimentSettings } from './experiment-settings.ts';
import { planExperiment, stageUses } from './plan-experiment.ts';

const source = { file: DEFAULT_CONFIG, overrides: ['iterations=2'], cwd: '/', checkFiles: false };

const planned = (section: object, overrides: string[] = []) => {
  const all = { ...source, overrides: [...source.overrides, ...overrides] };
  return planExperiment('e', all, experimentSettings(section, { vary: [], alternatives: [] }));
};

it('runs every method for every seed, with its own settings', async () => {
  const settings = { srf: { 'alignment.optimisation.learningRate': 3e-4 } };
  const { runs } = await planned({ methods: ['srf', 'sipf'], seeds: [1, 2], settings });
  expect(runs.map(({ run }) => run)).toEqual(['e-srf-s1', 'e-sipf-s1', 'e-srf-s2', 'e-sipf-s2']);
  const rates = runs.map(({ config }) => config.alignment?.optimisation.learningRate);
  expect(rates).toEqual([3e-4, 2e-3, 3e-4, 2e-3]);
  expect(runs.map(({ config }) => config.iterations)).toEqual([1, 2, 1, 2]);
});

it('tries every value where it makes a difference, and only there', async () => {
  const vary = { 'alignment.lambda': [0.01, 0.1, 1] };
  const { runs } = await planned({ methods: ['rft', 'srf', 'siof'], vary });
  expect(runs.map(({ run, vary: own }) => [run, own])).toEqual([
    ['e-rft-s1', {}],
    ['e-srf-s1', {}],
    ['e-siof-s1-v1', { 'alignment.lambda': 0.01 }],
    ['e-siof-s1-v2', { 'alignment.lambda': 0.1 }],
    ['e-siof-s1-v3', { 'alignment.lambda': 1 }],
  ]);
});

it('combines what is varied', async () => {
  const vary = { 'alignment.lambda': [0.1, 1], 'pairs.maxPairsPerPath': [1, 2] };
  const { runs } = await planned({ methods: ['siof'], vary });
  expect(runs.map(({ config }) => [config.alignment?.lambda, config.pairs?.maxPairsPerPath])).toEqual([
    ...[
      [0.1, 1],
      [0.1, 2],
      [1, 1],
      [1, 2],
    ],
  ]);
});

it('tries each alternative alone, beside the configuration as it is', async () => {
  const alternatives = [{ 'pairs.weights': 'reward' }, { 'pairs.level': 'step', 'pairs.margin': 0.123 }];
  const { runs } = await planned({ methods: ['sft', 'sipf'], alternatives });
  const own = runs[0]?.config.pairs?.margin;
  expect(runs.map(({ run, vary, config }) => [run, vary, config.pairs?.margin])).toEqual([
    ['e-sft-s1', {}, own],
    ['e-sipf-s1', {}, own],
    ['e-sipf-s1-v2', alternatives[0], own],
    ['e-sipf-s1-v3', alternatives[1], 0.123],
  ]);
});

it('leaves out what the configuration cannot run, unless it was asked for by name', async () => {
  const { runs, leftOut } = await planned({ methods: 'all' });
  expect(leftOut).toMatchObject([{ method: 'cot' }, { method: 'cot-zero-shot' }]);
  expect(leftOut[0]?.why).toContain('policy.model is required');
  expect(runs.map(({ method }) => method)).toContain('sipf-orm');
  await expect(planned({ methods: ['cot'] })).rejects.toThrow('policy.model');
});

it('has longer training as a method of its own, and not as a row of the others', async () => {
  const ids = async (methods: string[]) =>
    stageUses(await planned({ methods })).map(({ run, stage }) => `${run} ${stage.id}`);
  expect(await ids(['sipf'])).toContain('e-sipf-s1 continued-sft');
  const both = await ids(['sft-continued', 'sipf']);
  expect(both).toContain('e-sft-continued-s1 sft-1');
  expect(both).not.toContain('e-sipf-s1 continued-sft');
});

it('says what is shared with an earlier run', async () => {
  const without = ['continuedSftEpochs=null'];
  const uses = stageUses(await planned({ methods: ['rft', 'sipf'], seeds: [1] }, without));
  const shared = uses.filter(({ isShared }) => isShared).map(({ run, stage }) => [run, stage.id]);
  expect(shared).toEqual([
    ['e-sipf-s1', 'sft-0'],
    ['e-sipf-s1', 'evaluate-0'],
    ['e-sipf-s1', 'sample-1'],
  ]);
});

it('refuses names that are too long for a run', async () => {
  const settings = experimentSettings({ methods: ['sipf'] }, { vary: [], alternatives: [] });
  await expect(planExperiment('x'.repeat(60), source, settings)).rejects.toThrow('is not a run id');
});

describe('engines that vary', () => {
  const trl = { kind: 'trl', python: 'python3' };
  const servers = { kind: 'vllm', urls: 'http://a:1/v1' };
  const sharedOf = async (section: object, overrides: string[] = []) => {
    const without = ['continuedSftEpochs=null', 'iterations=1', ...overrides];
    const plan = await planned({ methods: ['sipf'], ...section }, without);
    const shared = stageUses(plan).filter(({ isShared }) => isShared);
    return { runs: plan.runs.map(({ vary }) => vary), shared: shared.map(({ stage }) => stage.id) };
  };

  it('makes a run of each trainer, which share what no trainer made', async () => {
    const { runs, shared } = await sharedOf({ vary: { 'engines.trainer': [{ kind: 'engine' }, trl] } });
    expect(runs).toEqual([{ 'engines.trainer': { kind: 'engine' } }, { 'engines.trainer': trl }]);
    // Everything after M_0 depends on it.
    expect(shared).toEqual([]);
    const policies = await sharedOf({ vary: { 'engines.policy': [{ kind: 'engine' }, servers] } });
    expect(policies.shared).toEqual(['simulator', 'sft-0']);
    const pooling = { ...servers, kind: 'pooling' };
    const verifiers = await sharedOf({ vary: { 'engines.verifier': [{ kind: 'engine' }, pooling] } }, [
      'verifier.head=hidden',
    ]);
    expect(verifiers.shared).toEqual([
      ...['simulator', 'sft-0', 'evaluate-0', 'sample-1', 'label-1', 'train-verifier-1'],
    ]);
  });

  it.each([
    ['processes', 'engines.trainer.processes', [1, 2]],
    ['sharding', 'engines.trainer.sharding', ['ddp', 'fsdp2']],
  ])('makes runs of the %s of a trainer', async (_what, key, values) => {
    const engines = [`engines.trainer=${JSON.stringify({ ...trl, processes: 2 })}`];
    expect((await sharedOf({ vary: { [key]: values } }, engines)).runs).toHaveLength(2);
  });

  it.each([
    ['engines.policy.precision', ['bfloat16', 'float32'], 2],
    ['engines.policy.urls', ['http://a:1/v1', 'http://b:1/v1'], 2],
    ['engines.policy.concurrency', [1, 2], 1],
    ['engines.policy.timeoutMs', [1000, 2000], 1],
  ])('makes runs of %s where numbers may depend on it', async (key, values, count) => {
    const engines = [`engines.policy=${JSON.stringify(servers)}`];
    expect((await sharedOf({ vary: { [key]: values } }, engines)).runs).toHaveLength(count);
  });

  it('takes our own engine, named or not, for the same', async () => {
    const alternatives = [{ 'engines.trainer.kind': 'engine' }];
    expect((await sharedOf({ alternatives })).runs).toEqual([{}]);
  });
});
