import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { expect, it } from 'vitest';
import { COMPARED_BASES, verifierBases } from './compared-verifiers.ts';
import { planRun } from './plan-run.ts';
import { stageIdentity, visibleData, type StageIdentity } from './stage-identity.ts';

const { sft: optimisation } = SMALL_RUN;
const base = { ...SMALL_RUN, iterations: 2 };

/** Identities by stage where what a stage leaves is a function of its identity. */
function identities(changes: object): Record<string, string> {
  const config: RunConfig = parseRunConfig({ ...base, ...changes });
  const names = new Map<string, string>();
  const data = ['train', 'loop', 'test', 'policyConfig', 'simulatorConfig', 'simulator'];
  for (const stage of planRun(config)) {
    const outputsOf = (id: string): Record<string, string> =>
      id === 'data' ? Object.fromEntries(data.map((name) => [name, name])) : { all: names.get(id) ?? '' };
    const identity: StageIdentity | undefined = stageIdentity(stage, config, outputsOf);
    if (identity !== undefined) names.set(stage.id, JSON.stringify(identity));
  }
  return Object.fromEntries(names);
}

/** Ids of the stages that two runs have in common. */
function shared(first: object, second: object): string[] {
  const [a, b] = [identities(first), identities(second)];
  return Object.keys(a).filter((id) => a[id] === b[id]);
}

it('shares what methods have in common, whatever they are called', () => {
  expect(shared({}, { method: 'rft' })).toEqual(['sft-0', 'evaluate-0', 'sample-1']);
  expect(shared({}, { method: 'prft' })).toEqual([
    ...['simulator', 'sft-0', 'evaluate-0', 'sample-1', 'label-1', 'train-verifier-1', 'score-1'],
  ]);
  expect(shared({ method: 'srf' }, { method: 'rpo' })).toContain('pair-1');
  expect(shared({ method: 'srf' }, { method: 'rpo' })).not.toContain('align-1');
});

it('makes the ablation without process feedback of the very stages of SIOF', () => {
  const siof = identities({ method: 'siof' });
  expect(identities({ method: 'sipf-without-process' })).toEqual(siof);
});

it('distinguishes stages by the settings that they read, and by no others', () => {
  const lambda = { alignment: { optimisation, lambda: 1 } };
  expect(shared({}, lambda)).not.toContain('align-1');
  expect(shared({}, lambda)).toContain('pair-1');
  // What comes after reads another model.
  expect(shared({}, lambda)).not.toContain('sample-2');
  expect(Object.keys(identities({ method: 'rft' }))).toEqual(
    shared({ method: 'rft' }, { method: 'rft', ...lambda }),
  );
  const tuned = { tuning: { optimisation: { learningRate: 1 } } };
  expect(shared({ method: 'rft' }, { method: 'rft', ...tuned })).toEqual([
    ...['sft-0', 'evaluate-0', 'sample-1', 'filter-1'],
  ]);
});

it('shares everything but verifiers and what comes after them between runs of several bases', () => {
  const on = (base: unknown) => ({ verifier: { optimisation, base } });
  expect(shared(on('policy'), on({ model: '/v' }))).toEqual([
    'simulator',
    'sft-0',
    'evaluate-0',
    'sample-1',
    'label-1',
  ]);
  expect(shared(on({ model: '/w' }), on({ model: '/v' }))).not.toContain('train-verifier-1');
});

it("has the digest of a verifier's own base in its identity", () => {
  const config = parseRunConfig({ ...base, verifier: { optimisation, base: { model: '/v' } } });
  const stage = planRun(config).find(({ id }) => id === 'train-verifier-1');
  if (stage === undefined) throw new TypeError('the plan trains a verifier');
  const of = (verifierBase: string) =>
    stageIdentity(stage, config, (id) => (id === 'data' ? { verifierBase } : {}))?.inputs['data'];
  expect(of('a')).toEqual({ verifierBase: 'a' });
  expect(stage.simulatorFrom).toBeUndefined();
});

it('gives a compared verifier the identity of its own base and kind, and changes no other stage', () => {
  const verifier = { optimisation, base: 'policy' };
  const compared = [{ base: { model: '/v' }, kind: 'outcome' }, { base: 'simulator' }];
  const config = parseRunConfig({ ...base, verifier, comparedVerifiers: compared });
  const outputs = { verifierBase: 'a', comparedBase1: 'b' };
  const of = (stageId: string) => {
    const stage = planRun(config).find(({ id }) => id === stageId);
    return stage && stageIdentity(stage, config, (id) => (id === 'data' ? outputs : {}));
  };
  const [settings, inputs] = [
    of('train-verifier-compared-1-1')?.settings,
    of('train-verifier-compared-1-1')?.inputs,
  ];
  expect(settings?.['verifier']).toMatchObject({ base: { model: '/v' }, kind: 'outcome' });
  expect(inputs?.['data']).toEqual({ comparedBase1: 'b' });
  expect(of('train-verifier-compared-2-1')?.settings['verifier']).toMatchObject({ base: 'simulator' });
  expect(of('train-verifier-1')?.inputs['data']).toEqual({ verifierBase: 'a' });
  const alone = { verifier: { optimisation } };
  expect(shared(alone, { ...alone, comparedVerifiers: compared })).toEqual(Object.keys(identities(alone)));
  const bases = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ base: { model: `/v${index}` } }));
  const most = parseRunConfig({ ...base, comparedVerifiers: bases(COMPARED_BASES.length) });
  expect(verifierBases(most).map(({ name }) => name)).toEqual(COMPARED_BASES);
  expect(() => parseRunConfig({ ...base, comparedVerifiers: bases(COMPARED_BASES.length + 1) })).toThrow(
    'comparedVerifiers',
  );
});

it('shares every stage between runs that name our own engine and runs that name none', () => {
  expect(identities({ engines: { trainer: { kind: 'engine' } } })).toEqual(identities({}));
});

it('has a sweep of lambda train neither DPO nor likelihood again', () => {
  const lambda = { alignment: { optimisation, lambda: 1 } };
  for (const method of ['srf', 'rpo', 'sipf-without-odds-ratio']) {
    expect(identities({ method, ...lambda })).toEqual(identities({ method }));
  }
  const beta = { alignment: { optimisation, beta: 0.5 } };
  expect(shared({ method: 'srf' }, { method: 'srf', ...beta })).not.toContain('align-1');
});

it('distinguishes stages that ask a model by the day that its chat template gets', () => {
  const later = shared({}, { chatDay: '2030-01-02' });
  expect(later).toEqual([]);
  expect(identities({ chatDay: '2024-07-26' })).toEqual(identities({}));
});

it('never shares between seeds', () => {
  expect(shared({}, { seed: 2 })).toEqual([]);
});

it('has limits change nothing', () => {
  expect(identities({ limits: { itemsPerCall: 3 } })).toEqual(identities({}));
});

it('distinguishes filters by the settings of sampling that they de-duplicate with, of equal paths', () => {
  const identityOf = (duplicateThreshold: number) => {
    const sampling = { maxNewTokens: 8, duplicateThreshold };
    const config = parseRunConfig({ ...base, method: 'rft', sampling });
    const stage = planRun(config).find(({ kind }) => kind === 'filter');
    return stage && stageIdentity(stage, config, () => ({ paths: 'sha256:equal' }));
  };
  expect(identityOf(0.1)).toEqual(identityOf(0.1));
  expect(identityOf(0.1)).not.toEqual(identityOf(0.2));
});

/** The stages whose identities differ between two runs though the stages before them left the same. */
function readersOf(changes: object, common: object = {}): string[] {
  const outputs = { train: '1', loop: '2', test: '3', policy: '4' };
  const [one, other] = [common, { ...common, ...changes }].map((settings) => {
    const config = parseRunConfig({ ...base, ...settings });
    return planRun(config).map(
      (stage) => [stage.id, JSON.stringify(stageIdentity(stage, config, () => outputs))] as const,
    );
  });
  const before = new Map(one);
  return (other ?? []).filter(([id, identity]) => before.get(id) !== identity).map(([id]) => id);
}

const EVALUATIONS = ['evaluate-0', 'evaluate-1', 'evaluate-2'];
const SAMPLED = { evaluation: { maxNewTokens: 8, samples: { count: 2 } } };
const SAMPLED_EVALUATIONS = ['evaluate-samples-0', 'evaluate-samples-1', 'evaluate-samples-2'];
const { optimisation: _, ...SIMULATOR_SHAPE } = SMALL_RUN.simulator;
const NLL = { alignment: { optimisation, nll: 'sequence' } };
const changed = { ...optimisation, learningRate: 0.5 };

it.each<[string, object, object, string[]]>([
  ['sft', { sft: changed }, {}, ['sft-0']],
  ['sft', { sft: changed }, { method: 'rft' }, ['sft-0', 'sft-1']],
  ['sft', { sft: changed }, { continuedSftEpochs: 2 }, ['sft-0', 'continued-sft']],
  ['continuedSftEpochs', { continuedSftEpochs: 3 }, { continuedSftEpochs: 2 }, ['continued-sft']],
  ['continuedSftEpochs', { continuedSftEpochs: 3 }, { method: 'sft-continued' }, ['sft-1']],
  ['tuning', { tuning: { optimisation: changed } }, { method: 'rft' }, ['sft-1']],
  ['sampling', { sampling: { maxNewTokens: 9 } }, {}, ['sample-1', 'sample-2']],
  ['sampling', { sampling: { maxNewTokens: 9 } }, SAMPLED, ['sample-1', 'sample-2', ...SAMPLED_EVALUATIONS]],
  ['sampling', { sampling: { maxNewTokens: 9 } }, { method: 'rft' }, ['sample-1', 'filter-1']],
  ['simulator', { simulator: { ...SIMULATOR_SHAPE, optimisation: changed } }, {}, ['simulator']],
  ['simulation', { simulation: { questions: 2, maxNewTokens: 8 } }, {}, ['label-1']],
  [
    'simulation',
    { simulation: { questions: 2, maxNewTokens: 8 } },
    { method: 'sipf-orm' },
    ['train-verifier-1'],
  ],
  ['verifier', { verifier: { optimisation: changed } }, {}, ['train-verifier-1']],
  ['pairs', { pairs: { margin: 0.5 } }, {}, ['pair-1', 'pair-2']],
  ['pairs', { pairs: { margin: 0.5 } }, SAMPLED, ['pair-1', 'pair-2', ...SAMPLED_EVALUATIONS]],
  ['filter', { filter: { minReward: 0.5 } }, { method: 'prft' }, ['filter-1']],
  ['filter', { filter: { minReward: 0.5 } }, SAMPLED, SAMPLED_EVALUATIONS],
  ['alignment', { alignment: { optimisation: changed } }, {}, ['align-1', 'align-2']],
  ['alignment.nll', { alignment: { optimisation, nll: 'completion' } }, NLL, ['align-1', 'align-2']],
  [
    'alignment.nll',
    { alignment: { optimisation, nll: 'completion' } },
    { ...NLL, method: 'sipf-without-odds-ratio' },
    ['align-1', 'align-2'],
  ],
  ['alignment.nll', { alignment: { optimisation, nll: 'completion' } }, { ...NLL, method: 'rpo' }, []],
  ['alignment.nllWeight', { alignment: { optimisation, nllWeight: 0.5 } }, { method: 'rpo' }, ['align-1']],
  ['alignment.nllWeight', { alignment: { optimisation, nllWeight: 0.5 } }, { method: 'srf' }, []],
  ['alignment.beta', { alignment: { optimisation, beta: 0.5 } }, { method: 'rpo' }, ['align-1']],
  ['evaluation', { evaluation: { maxNewTokens: 9 } }, {}, EVALUATIONS],
  [
    'evaluation',
    { evaluation: { maxNewTokens: 9, samples: { count: 2 } } },
    SAMPLED,
    [...EVALUATIONS, ...SAMPLED_EVALUATIONS],
  ],
  [
    'chatDay',
    { chatDay: '2030-01-02' },
    { ...SAMPLED, continuedSftEpochs: 2 },
    [
      ...[
        'simulator',
        'sft-0',
        'continued-sft',
        'sample-1',
        'sample-2',
        'train-verifier-1',
        'align-1',
        'align-2',
      ],
      ...EVALUATIONS,
      ...SAMPLED_EVALUATIONS,
      ...['evaluate-continued-sft', 'evaluate-samples-continued-sft'],
    ],
  ],
])('has %s read by just the stages whose work it is: %j in %j', (_setting, changes, common, readers) => {
  expect(new Set(readersOf(changes, common))).toEqual(new Set(readers));
});

it.each<[string, object, string[]]>([
  ['simulator', {}, ['simulator', 'simulatorConfig']],
  ['sft-0', {}, ['policy', 'policyConfig', 'train']],
  ['sft-1', { method: 'rft' }, ['loop', 'policy', 'policyConfig', 'train']],
  ['continued-sft', { continuedSftEpochs: 2 }, ['train']],
  ['sample-1', {}, ['loop', 'policy']],
  ['label-1', {}, ['loop', 'simulator']],
  ['train-verifier-1', {}, ['loop', 'policy', 'simulator']],
  ['score-1', {}, ['loop']],
  ['filter-1', { method: 'rft' }, []],
  ['pair-1', {}, ['loop']],
  ['align-1', {}, ['policy', 'policyConfig']],
  ['evaluate-1', {}, ['exemplars', 'policy', 'test']],
  ['evaluate-samples-1', SAMPLED, ['exemplars', 'policy', 'test']],
])('has %s depend on just the data that it reads', (id, changes, names) => {
  const all = ['train', 'loop', 'test', 'validation', 'exemplars', 'sources', 'policy', 'policyConfig'];
  const outputs = Object.fromEntries([...all, 'simulator', 'simulatorConfig'].map((name) => [name, name]));
  const config = parseRunConfig({ ...base, ...changes });
  const stage = planRun(config).find((planned) => planned.id === id);
  const identity = stage && stageIdentity(stage, config, (of) => (of === 'data' ? outputs : undefined));
  expect(Object.keys(identity?.inputs['data'] ?? {}).sort()).toEqual(names);
});

it('gives no identity to the data and the report, which no other run takes', () => {
  const config = parseRunConfig(base);
  const without = planRun(config).filter((stage) => stageIdentity(stage, config, () => ({})) === undefined);
  expect(without.map(({ id }) => id)).toEqual(['data', 'report']);
});

it('shows a stage the data that its identity covers, and the report all of them', () => {
  const outputs = { train: 't', loop: 'l', test: 'e', secret: 's' };
  const seenBy = (id: string): object => {
    const stage = planRun(parseRunConfig(base)).find((one) => one.id === id);
    if (stage === undefined) throw new Error(`no stage ${id}`);
    return visibleData(stage, outputs);
  };
  expect(seenBy('sample-1')).toEqual({ loop: 'l' });
  expect(seenBy('sft-0')).toEqual({ train: 't' });
  expect(seenBy('report')).toEqual(outputs);
});
