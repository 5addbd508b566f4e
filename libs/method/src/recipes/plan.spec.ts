import { SipfError } from '@sipf/errors';
import { describe, expect, it } from 'vitest';
import { adjustRecipe } from './adjust-recipe.ts';
import { cotRecipe, recipeNamed, recipes, sftRecipe, sipfRecipe } from './builtin-recipes.ts';
import { plan } from './plan.ts';
import type { Recipe, Stage } from './recipe.ts';

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

describe('the other methods of the table are data too', () => {
  const evaluate: Stage = { kind: 'evaluate', prompt: 'zero-shot' };
  const sample: Stage = { kind: 'sample', decoding: 'sampled', keep: 'both-outcomes', accumulate: false };
  const own: Stage = { kind: 'sample', decoding: 'sampled', keep: 'correct', accumulate: true };
  const verify: Stage[] = [
    { kind: 'label', when: 'first-iteration' },
    { kind: 'train-verifier', reward: 'process', when: 'first-iteration' },
    { kind: 'score' },
  ];
  const tune: Stage = { kind: 'sft', initialise: 'base', data: ['solutions', 'own-paths'] };
  const pairByOutcome: Stage = { kind: 'pair', pairing: 'outcome', accumulate: true };
  const pairByReward: Stage = { kind: 'pair', pairing: 'outcome-and-reward', accumulate: true };
  const align = (objective: Extract<Stage, { kind: 'align' }>['objective']): Stage => ({
    kind: 'align',
    objective,
    initialise: 'previous',
  });

  it.each<[string, Stage[], number]>([
    ['RFT', [own, tune], 1],
    ['pRFT', [own, ...verify, { kind: 'filter', minReward: 0.8 }, tune], 1],
    ['iterated pRFT', [own, ...verify, { kind: 'filter', minReward: 0.8 }, tune], 3],
    ['STaR', [{ kind: 'sample', decoding: 'greedy', keep: 'correct', accumulate: false }, tune], 4],
    ['SRF', [sample, pairByOutcome, align('dpo')], 1],
    ['pSRF', [sample, ...verify, pairByReward, align('dpo')], 1],
    ['RPO', [sample, pairByOutcome, align('rpo')], 1],
    ['SIOF', [sample, pairByOutcome, align('orpo')], 3],
    ['SIPF without the odds ratio', [sample, ...verify, pairByReward, align('nll-chosen')], 3],
    ['SFT continued', [{ kind: 'sft', initialise: 'previous', data: ['solutions'] }], 1],
  ])('%s', (title, stages, iterations) => {
    const recipe = { ...sipfRecipe, name: 'x', title, loop: [...stages, evaluate] };
    const planned = plan(recipe, iterations);
    expect(planned.filter((stage) => stage.iteration === iterations)).not.toHaveLength(0);
    expect(planned.at(-1)).toMatchObject({
      kind: 'evaluate',
      policy: { kind: 'iteration', iteration: iterations },
    });
  });
});

it.each<[string, Stage[], string]>([
  [
    'pairs without samples',
    [{ kind: 'pair', pairing: 'outcome', accumulate: false }],
    'pair needs an earlier stage sample',
  ],
  [
    'scores without a verifier',
    [{ kind: 'sample', decoding: 'sampled', keep: 'correct', accumulate: false }, { kind: 'score' }],
    'score needs an earlier stage train-verifier',
  ],
  [
    'alignment without pairs',
    [{ kind: 'align', objective: 'orpo', initialise: 'previous' }],
    'align needs an earlier stage pair',
  ],
])('refuses a recipe with %s', (_, loop, message) => {
  expect(() => plan({ ...sipfRecipe, loop }, 1)).toThrow(message);
});

it('refuses iterations that a recipe does not have', () => {
  expect(() => plan(sftRecipe, 1)).toThrow('iterations must be at most 0 for sft, got 1');
  expect(() => plan(sipfRecipe, -1)).toThrow(SipfError);
  expect(() => plan(sipfRecipe, 1.5)).toThrow(SipfError);
  expect(() => recipeNamed('magic')).toThrow('known recipes: cot, sft, sipf');
});
