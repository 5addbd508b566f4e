import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { expect, it } from 'vitest';
import { planRun } from './plan-run.ts';
import { stageIdentity, type StageIdentity } from './stage-identity.ts';

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

it('tells stages apart by the settings that they read, and by no others', () => {
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

it('has a sweep of lambda train neither DPO nor likelihood again', () => {
  const lambda = { alignment: { optimisation, lambda: 1 } };
  for (const method of ['srf', 'rpo', 'sipf-without-odds-ratio']) {
    expect(identities({ method, ...lambda })).toEqual(identities({ method }));
  }
  const beta = { alignment: { optimisation, beta: 0.5 } };
  expect(shared({ method: 'srf' }, { method: 'srf', ...beta })).not.toContain('align-1');
});

it('tells stages that ask a model apart by the day that its chat template is told', () => {
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

it('tells filters apart by the settings of sampling that they de-duplicate with, of equal paths', () => {
  const identityOf = (duplicateThreshold: number) => {
    const sampling = { maxNewTokens: 8, duplicateThreshold };
    const config = parseRunConfig({ ...base, method: 'rft', sampling });
    const stage = planRun(config).find(({ kind }) => kind === 'filter');
    return stage && stageIdentity(stage, config, () => ({ paths: 'sha256:equal' }));
  };
  expect(identityOf(0.1)).toEqual(identityOf(0.1));
  expect(identityOf(0.1)).not.toEqual(identityOf(0.2));
});
