import { expect, it } from 'vitest';
import { adjustRecipe } from './adjust-recipe.ts';
import { recipeNamed, recipes } from './builtin-recipes.ts';
import { plan } from './plan.ts';
import type { Recipe, Stage } from './recipe.ts';
import { sipfRecipe } from './sipf-recipes.ts';
import { cotRecipe, sftRecipe } from './supervised-recipes.ts';

const ids = (recipe: Recipe, iterations: number) => plan(recipe, iterations).map((stage) => stage.id);

it('plans CoT and SFT without a loop', () => {
  expect(ids(cotRecipe, 0)).toEqual(['0/evaluate']);
  expect(ids(sftRecipe, 0)).toEqual(['0/sft', '0/evaluate']);
});

it('plans Algorithm 1 for SIPF, with the verifier trained once', () => {
  expect(ids(sipfRecipe, 2)).toEqual([
    ...['0/sft', '0/evaluate'],
    ...['1/sample', '1/label', '1/train-verifier', '1/score', '1/pair', '1/align', '1/evaluate'],
    ...['2/sample', '2/score', '2/pair', '2/align', '2/evaluate'],
  ]);
});

it('samples with M_{k-1}, makes M_k from it and evaluates M_k', () => {
  const stages = plan(sipfRecipe, 3);
  const model = (iteration: number) => ({ kind: 'iteration', iteration });
  for (const iteration of [1, 2, 3]) {
    const find = (kind: Stage['kind']) =>
      stages.find((stage) => stage.iteration === iteration && stage.kind === kind);
    expect(find('sample')?.policy).toEqual(model(iteration - 1));
    expect(find('align')).toMatchObject({ policy: model(iteration - 1), produces: model(iteration) });
    expect(find('evaluate')?.policy).toEqual(model(iteration));
  }
  expect(stages[0]).toMatchObject({ policy: { kind: 'base' }, produces: model(0) });
});

it('starts from the pre-trained model where a recipe says so, in a loop too', () => {
  expect(plan(cotRecipe, 0).map(({ policy }) => policy)).toEqual([{ kind: 'base' }]);
  const tuned = plan(recipeNamed('rft'), 1).find(({ id }) => id === '1/sft');
  expect(tuned?.policy).toEqual({ kind: 'base' });
});

it('numbers stages of a kind that come again in an iteration', () => {
  const [tune] = sftRecipe.setup as [Stage];
  expect(ids({ ...sftRecipe, setup: [tune, tune, tune] }, 0)).toEqual(['0/sft', '0/sft-2', '0/sft-3']);
});

it('applies the choices that METHOD.md leaves to a run', () => {
  const refreshed = adjustRecipe(sipfRecipe, { verifierRefresh: 'every-iteration', initialise: 'sft' });
  expect(ids(refreshed, 2)).toContain('2/train-verifier');
  expect(ids(refreshed, 2)).toContain('2/label');
  const align = plan(refreshed, 2).find((stage) => stage.id === '2/align');
  expect(align?.policy).toEqual({ kind: 'iteration', iteration: 0 });
  const withoutLabels = ids(sipfRecipe, 1).filter((id) => id !== '1/label');
  expect(ids(adjustRecipe(sipfRecipe, { verifierReward: 'outcome' }), 1)).toEqual(withoutLabels);
  expect(adjustRecipe(sipfRecipe, {})).toEqual(sipfRecipe);
});

it('runs every built-in recipe for its default number of iterations', () => {
  for (const recipe of recipes.values()) {
    const stages = plan(recipe, recipe.defaultIterations);
    expect(stages.at(-1)?.kind).toBe('evaluate');
    expect(new Set(stages.map((stage) => stage.id)).size).toBe(stages.length);
    expect(recipeNamed(recipe.name)).toBe(recipe);
  }
});

it.each([
  ['rft', ['sample', 'filter', 'sft', 'evaluate']],
  ['prft', ['sample', 'label', 'train-verifier', 'score', 'filter', 'sft', 'evaluate']],
  ['star', ['sample', 'filter', 'sft', 'evaluate']],
  ['srf', ['sample', 'pair', 'align', 'evaluate']],
  ['psrf', ['sample', 'label', 'train-verifier', 'score', 'pair', 'align', 'evaluate']],
  ['rpo', ['sample', 'pair', 'align', 'evaluate']],
  ['siof', ['sample', 'pair', 'align', 'evaluate']],
  ['sipf-orm', ['sample', 'train-verifier', 'score', 'pair', 'align', 'evaluate']],
  ['sipf-without-odds-ratio', ['sample', 'label', 'train-verifier', 'score', 'pair', 'align', 'evaluate']],
  ['sft-continued', ['sft', 'evaluate']],
])('starts %s from M_0 and goes round its own loop', (name, loop) => {
  const setup = ['0/sft', '0/evaluate'];
  expect(ids(recipeNamed(name), 1)).toEqual([...setup, ...loop.map((kind) => `1/${kind}`)]);
});

it('describes the differences of methods as data', () => {
  const find = <K extends Stage['kind']>(name: string, kind: K) =>
    recipeNamed(name).loop.find((stage): stage is Extract<Stage, { kind: K }> => stage.kind === kind);
  expect(find('star', 'sample')?.decoding).toBe('greedy');
  expect(find('prft', 'filter')?.by).toBe('outcome-and-reward');
  expect(find('rft', 'sft')).toMatchObject({ initialise: 'base', data: ['solutions', 'own-paths'] });
  expect(['srf', 'rpo', 'sipf-without-both'].map((name) => find(name, 'align')?.objective)).toEqual([
    ...['dpo', 'rpo', 'nll-chosen'],
  ]);
  // Table 4 without process feedback is SIOF's first round.
  expect(find('sipf-without-process', 'pair')).toEqual(find('siof', 'pair'));
});

it('leaves what makes a method another one as it is', () => {
  const choices = { pairing: 'reward', verifierReward: 'process', tuningInitialise: 'previous' } as const;
  const { loop: siof } = recipeNamed('siof');
  expect(adjustRecipe(recipeNamed('siof'), choices).loop).toEqual(siof);
  const { loop: orm } = adjustRecipe(recipeNamed('sipf-orm'), choices);
  expect(orm).toContainEqual({ kind: 'train-verifier', reward: 'outcome', when: 'first-iteration' });
  expect(orm).toContainEqual({ kind: 'pair', pairing: 'reward', accumulate: true });
  const rft = adjustRecipe(recipeNamed('rft'), choices);
  expect(rft.setup[0]).toMatchObject({ initialise: 'base' });
  expect(rft.loop).toContainEqual({ kind: 'sft', initialise: 'previous', data: ['solutions', 'own-paths'] });
});

it('refuses iterations that a recipe does not have', () => {
  expect(() => plan(sftRecipe, 1)).toThrow('iterations must be at most 0 for sft, got 1');
  expect(() => plan(sipfRecipe, -1)).toThrow('iterations must be');
  expect(() => plan(sipfRecipe, 1.5)).toThrow('iterations must be');
});
