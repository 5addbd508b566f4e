import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { recipeNamed, type Stage as RecipeStage } from '@sipf/method';
import { expect, it } from 'vitest';
import { planRecipe, planRun } from './plan-run.ts';
import type { Stage } from './stage.ts';

const { sft: optimisation } = SMALL_RUN;
const sipf = { ...SMALL_RUN, iterations: 2 };

function planOf(changes: object): ReadonlyMap<string, Stage> {
  return new Map(planRun(parseRunConfig({ ...sipf, ...changes })).map((stage) => [stage.id, stage]));
}

it('plans Algorithm 1 with the stages it can do side by side', () => {
  const plan = planOf({});
  expect([...plan.keys()]).toEqual([
    ...['data', 'simulator', 'sft-0', 'evaluate-0'],
    ...['sample-1', 'label-1', 'train-verifier-1', 'score-1', 'pair-1', 'align-1', 'evaluate-1'],
    ...['sample-2', 'score-2', 'pair-2', 'align-2', 'evaluate-2', 'report'],
  ]);
  expect(plan.get('sft-0')?.after).toEqual(['data']);
  expect(plan.get('sample-1')?.after).toEqual(['data', 'sft-0']);
  expect(plan.get('label-1')?.after).toContain('simulator');
  expect(plan.get('score-2')?.reads).toEqual({ sample: 'sample-2', 'train-verifier': 'train-verifier-1' });
  expect(plan.get('pair-2')).toMatchObject({ reads: { pair: 'pair-1' } });
  expect(plan.get('align-2')).toMatchObject({ policyFrom: 'align-1', reads: { pair: 'pair-2' } });
});

it('lets every stage come only after earlier ones', () => {
  const seen = new Set<string>();
  for (const stage of planOf({ verifier: { optimisation, refresh: 'every-iteration' } }).values()) {
    for (const need of stage.after) expect(seen).toContain(need);
    seen.add(stage.id);
  }
  expect(seen).toContain('train-verifier-2');
});

it('starts every alignment where the configuration says', () => {
  const plan = planOf({ alignment: { optimisation, initialise: 'sft' } });
  expect(plan.get('align-2')?.policyFrom).toBe('sft-0');
  expect(plan.get('sample-2')?.policyFrom).toBe('align-1');
});

it('plans only what the other methods need', () => {
  expect([...planOf({ method: 'sft' }).keys()]).toEqual(['data', 'sft-0', 'evaluate-0', 'report']);
  const task = { name: 'gsm8k', train: 'train', test: 'test', exemplars: 'shots' };
  const asked = planOf({ method: 'cot', policy: { model: 'm' }, task });
  expect([...asked.keys()]).toEqual(['data', 'evaluate-0', 'report']);
  const continued = planOf({ method: 'sft', continuedSftEpochs: 2 });
  expect(continued.get('evaluate-continued-sft')?.policyFrom).toBe('continued-sft');
  expect(continued.get('report')?.after).toContain('evaluate-continued-sft');
});

it('trains M_0 for longer only beside another method, and measures it as it measures others', () => {
  expect(planOf({ method: 'sft-continued', continuedSftEpochs: 2 }).has('continued-sft')).toBe(false);
  expect(planOf({}).has('continued-sft')).toBe(false);
  const plan = planOf({ continuedSftEpochs: 2 });
  expect(plan.get('continued-sft')).toMatchObject({ policyFrom: 'sft-0', after: ['data', 'sft-0'] });
  expect(plan.get('evaluate-continued-sft')).toMatchObject({
    method: { kind: 'evaluate', prompt: 'zero-shot' },
    dataset: 'test',
    iteration: 0,
  });
});

it('asks the simulator that a run names, trains or makes of M_0', () => {
  expect(planOf({}).get('label-1')?.simulatorFrom).toBe('simulator');
  expect(planOf({ simulator: { model: 'given' } }).get('label-1')).toMatchObject({
    simulatorFrom: 'data',
    after: ['data', 'sft-0', 'sample-1'],
  });
  expect(planOf({ simulator: { model: 'policy' } }).get('label-1')?.simulatorFrom).toBe('sft-0');
  expect(planOf({}).get('sample-1')?.simulatorFrom).toBeUndefined();
  // RFT asks no simulator, so none is trained.
  expect(planOf({ method: 'rft' }).has('simulator')).toBe(false);
});

it('takes the choices of the configuration into the recipe', () => {
  const changed = planOf({
    verifier: { optimisation, kind: 'outcome', refresh: 'every-iteration' },
    pairs: { pairing: 'reward' },
  });
  expect(changed.has('label-1')).toBe(false);
  expect(changed.get('train-verifier-2')?.method).toMatchObject({
    reward: 'outcome',
    when: 'every-iteration',
  });
  expect(changed.get('pair-1')?.method).toMatchObject({ pairing: 'reward' });
});

it('uses M_0 as the simulator where that is asked for', () => {
  const plan = planOf({ simulator: { model: 'policy' } });
  expect(plan.has('simulator')).toBe(false);
  expect(plan.get('label-1')?.after).toContain('sft-0');
});

it('measures every model on every data set, and with several samples at the end', () => {
  const evaluation = {
    maxNewTokens: 8,
    validationQuestions: 5,
    samples: { count: 2 },
    outOfDomain: [{ name: 'harder', questions: 3 }],
  };
  const plan = planOf({ iterations: 1, evaluation });
  const measured = [...plan.values()].filter(({ dataset }) => dataset !== undefined);
  expect(measured.map(({ id, dataset }) => [id, dataset])).toEqual([
    ...[
      ['evaluate-0', 'test'],
      ['evaluate-validation-0', 'validation'],
      ['evaluate-harder-0', 'harder'],
    ],
    ...[
      ['evaluate-1', 'test'],
      ['evaluate-validation-1', 'validation'],
      ['evaluate-harder-1', 'harder'],
    ],
    ...[
      ['evaluate-samples-0', 'test'],
      ['evaluate-samples-1', 'test'],
    ],
  ]);
  // The verifier ranks the samples of M_0 too.
  expect(plan.get('evaluate-samples-0')).toMatchObject({
    policyFrom: 'sft-0',
    reads: { 'train-verifier': 'train-verifier-1' },
  });
  expect(plan.get('report')?.after).toContain('evaluate-samples-1');
});

it('lets every round of a self-taught method learn from the own paths that were kept', () => {
  const plan = planOf({ method: 'prft-iterated' });
  expect(plan.get('sft-2')).toMatchObject({ policyFrom: 'data', reads: { filter: 'filter-2' } });
  expect(plan.get('filter-2')?.reads).toEqual({ sample: 'sample-2', score: 'score-2', filter: 'filter-1' });
  expect(plan.get('sample-2')?.policyFrom).toBe('sft-1');
  const fromPrevious = planOf({ method: 'rft', tuning: { initialise: 'previous' } });
  expect(fromPrevious.get('sft-1')?.policyFrom).toBe('sft-0');
});

it('needs no simulator for outcomes alone, unless the verifier stands on it', () => {
  const onPolicy = planOf({ method: 'sipf-orm', verifier: { optimisation, base: 'policy' } });
  expect(onPolicy.has('simulator')).toBe(false);
  expect(planOf({ method: 'sipf-orm' }).get('train-verifier-1')?.simulatorFrom).toBe('simulator');
});

it.each<[string, RecipeStage[], string]>([
  [
    'pairs without samples',
    [{ kind: 'pair', pairing: 'outcome', accumulate: false }],
    'pair needs an earlier stage sample',
  ],
  [
    'scores without a verifier',
    [{ kind: 'sample', decoding: 'sampled' }, { kind: 'score' }],
    'score needs an earlier stage train-verifier',
  ],
  [
    'own paths that nobody chose',
    [
      { kind: 'sample', decoding: 'sampled' },
      { kind: 'sft', initialise: 'base', data: ['own-paths'] },
    ],
    'sft needs an earlier stage filter',
  ],
  [
    'alignment without pairs',
    [{ kind: 'align', objective: 'orpo', initialise: 'previous' }],
    'align needs an earlier stage pair',
  ],
  [
    'an alignment of an M_0 that nobody trains',
    [
      { kind: 'sample', decoding: 'sampled' },
      { kind: 'pair', pairing: 'outcome', accumulate: false },
      { kind: 'align', objective: 'dpo', initialise: 'sft' },
    ],
    'no earlier stage makes the policy of iteration 0',
  ],
])('refuses a recipe with %s', (_, loop, message) => {
  const recipe = { ...recipeNamed('sipf'), setup: [], loop };
  expect(() => planRecipe(recipe, parseRunConfig(sipf))).toThrow(
    expect.objectContaining({
      kind: 'invalid-argument',
      message: expect.stringMatching(/^recipe sipf: /) as string,
      reason: 'RECIPE_INVALID',
    }),
  );
  expect(() => planRecipe(recipe, parseRunConfig(sipf))).toThrow(message);
});

it('trains compared verifiers on what the run’s first one learns from, and lets nothing but the report wait', () => {
  const comparedVerifiers = [{ base: 'simulator' }, { base: { model: '/v' }, kind: 'outcome' }];
  const verifier = { optimisation, base: 'policy', refresh: 'every-iteration' };
  const plan = planOf({
    verifier,
    comparedVerifiers,
    evaluation: { maxNewTokens: 8, samples: { count: 2 } },
  });
  const own = { kind: 'train-verifier', iteration: 1, policyFrom: 'sft-0' };
  expect(plan.get('train-verifier-compared-1-1')).toMatchObject({
    ...{ ...own, compared: 1, simulatorFrom: 'simulator' },
    ...{ method: { reward: 'process' }, reads: { sample: 'sample-1', label: 'label-1' } },
  });
  expect(plan.get('train-verifier-compared-2-1')).toMatchObject({
    ...{ ...own, compared: 2, simulatorFrom: undefined },
    ...{ method: { reward: 'outcome' }, reads: { sample: 'sample-1' } },
  });
  expect(plan.get('score-compared-2-1')?.reads).toEqual({
    ...{ sample: 'sample-1', 'train-verifier': 'train-verifier-compared-2-1' },
  });
  const waiting = [...plan.values()].filter(({ after }) => after.some((id) => id.includes('compared')));
  expect(waiting.map(({ id }) => id)).toEqual(['score-compared-1-1', 'score-compared-2-1', 'report']);
  expect(plan.get('evaluate-samples-1')?.reads).toEqual({ 'train-verifier': 'train-verifier-2' });
});
