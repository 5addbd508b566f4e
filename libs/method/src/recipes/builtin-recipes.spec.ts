import { expect, it } from 'vitest';
import { recipeNamed, recipes } from './builtin-recipes.ts';
import type { Stage } from './recipe.ts';

/** METHOD.md's table of methods, and what PAPER-INDEX.md says of each: title, source, rounds by default, most rounds. */
const table = [
  ['cot', 'CoT', 'Wei et al., 2022', 0, 0],
  ['cot-zero-shot', 'CoT (zero-shot)', 'appendix A.3', 0, 0],
  ['sft', 'SFT', 'Algorithm 1', 0, 0],
  ['sft-continued', 'SFT continued', 'RECIPE.md', 1, 1],
  ['rft', 'RFT', 'Yuan et al., 2023', 1, 1],
  ['prft', 'pRFT', 'appendix A.3', 1, 1],
  ['star', 'STaR', 'Zelikman et al., 2022', 4, 4],
  ['srf', 'SRF', 'Rafailov et al., 2023', 1, 1],
  ['psrf', 'pSRF', 'appendix A.3', 1, 1],
  ['rpo', 'RPO', 'Pang et al., 2024', 1, 1],
  ['siof', 'SIOF', 'figure 4', 3, 20],
  ['sipf', 'SIPF', 'Algorithm 1', 3, 20],
  ['rft-iterated', 'RFT iterated', 'Singh et al., 2024', 3, 20],
  ['prft-iterated', 'pRFT iterated', 'figure 4', 3, 20],
  ['sipf-without-process', 'SIPF without process feedback', 'table 4', 1, 20],
  ['sipf-without-odds-ratio', 'SIPF without odds ratio', 'table 4', 1, 20],
  ['sipf-without-both', 'SIPF without both', 'table 4', 1, 20],
  ['sipf-orm', 'SIPF (ORM)', 'table 3', 3, 20],
] as const;

it('has every method of the table, in its order', () => {
  expect([...recipes.keys()]).toEqual(table.map(([name]) => name));
});

it.each(table)(
  'says of %s what it is and where it comes from',
  (name, title, source, defaultIterations, maxIterations) => {
    const recipe = recipeNamed(name);
    expect(recipe).toMatchObject({ name, title, defaultIterations, maxIterations });
    expect(recipe.source).toContain(source);
    expect(recipe.description).toMatch(/^\S.{20,}\.$/);
  },
);

/** A stage as its kind and choices, e.g. `pair outcome true`, where true stands for accumulating. */
const words = (stage: Stage) => Object.values(stage).join(' ');

const START = ['sft base solutions', 'evaluate zero-shot'];
const FEEDBACK = ['label first-iteration', 'train-verifier process first-iteration', 'score'];
const SAMPLED = 'sample sampled';
const TUNED = 'sft base solutions,own-paths';
const OUTCOMES = 'pair outcome true';
const REWARDED = 'pair outcome-and-reward true';

it.each([
  ['cot', ['evaluate few-shot'], []],
  ['cot-zero-shot', ['evaluate zero-shot'], []],
  ['sft', START, []],
  ['sft-continued', START, ['sft previous solutions']],
  ['rft', START, [SAMPLED, 'filter outcome true', TUNED]],
  ['rft-iterated', START, [SAMPLED, 'filter outcome true', TUNED]],
  ['prft', START, [SAMPLED, ...FEEDBACK, 'filter outcome-and-reward true', TUNED]],
  ['prft-iterated', START, [SAMPLED, ...FEEDBACK, 'filter outcome-and-reward true', TUNED]],
  // Each round of STaR learns from its own greedy paths alone.
  ['star', START, ['sample greedy', 'filter outcome false', TUNED]],
  ['srf', START, [SAMPLED, OUTCOMES, 'align dpo previous']],
  ['psrf', START, [SAMPLED, ...FEEDBACK, REWARDED, 'align dpo previous']],
  ['rpo', START, [SAMPLED, OUTCOMES, 'align rpo previous']],
  ['siof', START, [SAMPLED, OUTCOMES, 'align orpo previous']],
  ['sipf', START, [SAMPLED, ...FEEDBACK, REWARDED, 'align orpo previous']],
  ['sipf-without-process', START, [SAMPLED, OUTCOMES, 'align orpo previous']],
  ['sipf-without-odds-ratio', START, [SAMPLED, ...FEEDBACK, REWARDED, 'align nll-chosen previous']],
  ['sipf-without-both', START, [SAMPLED, OUTCOMES, 'align nll-chosen previous']],
  [
    'sipf-orm',
    START,
    [SAMPLED, 'train-verifier outcome first-iteration', 'score', REWARDED, 'align orpo previous'],
  ],
])("does what METHOD.md's table says of %s, and measures every model", (name, setup, loop) => {
  const recipe = recipeNamed(name);
  expect(recipe.setup.map(words)).toEqual(setup);
  expect(recipe.loop.map(words)).toEqual(loop.length === 0 ? [] : [...loop, 'evaluate zero-shot']);
});

it('describes no two methods alike', () => {
  expect(new Set([...recipes.values()].map(({ description }) => description)).size).toBe(table.length);
});

it('lists the known methods where none is called so', () => {
  expect(() => recipeNamed('magic')).toThrow(
    expect.objectContaining({
      kind: 'not-found',
      message: expect.stringMatching(/"magic"; known recipes: cot, cot-zero-shot, .*, sipf-orm$/) as string,
      reason: 'RECIPE_UNKNOWN',
    }),
  );
});
