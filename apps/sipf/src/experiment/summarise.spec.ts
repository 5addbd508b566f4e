import { expect, it } from 'vitest';
import { chooseVariants, chosenRows } from './choose-variants.ts';
import { compareMethods } from './compare-methods.ts';
import type { RunResults } from './read-results.ts';
import { renderCsv, renderMarkdown } from './render-results.ts';
import { summarise } from './summarise.ts';

type Figures = readonly [method: string, iteration: number, dataset: string, accuracy: number, model: string];

function run(method: string, seed: number, vary: Record<string, unknown>, figures: Figures[]): RunResults {
  const name = `${method}-${seed}-${JSON.stringify(vary)}`;
  return {
    run: { run: name, method, seed, vary },
    dataSets: { test: `test-${seed}` },
    rows: figures.map(([title, iteration, dataset, accuracy, model]) => ({
      method: title,
      iteration,
      dataset,
      accuracy,
      correct: accuracy * 10,
      total: 10,
      low: 0,
      high: 1,
      outcomes: `${model}/${dataset}`,
      model,
    })),
  };
}

/** Two seeds of SIPF with two lambdas: the larger one is better on validation, the smaller one on the test. */
const results = [1, 2].flatMap((seed) => {
  const start: Figures[] = [
    ['SFT', 0, 'test', 0.2, `m0-${seed}`],
    ['SFT', 0, 'validation', 0.3, `m0-${seed}`],
  ];
  return [
    run('sipf', seed, { lambda: 0.1 }, [
      ...start,
      ['SIPF 1', 1, 'test', 0.9, `a-${seed}`],
      ['SIPF 1', 1, 'validation', 0.4, `a-${seed}`],
    ]),
    run('sipf', seed, { lambda: 1 }, [
      ...start,
      ['SIPF 1', 1, 'test', 0.5 + seed / 10, `b-${seed}`],
      ['SIPF 1', 1, 'validation', 0.6, `b-${seed}`],
    ]),
  ];
});

it('gives the start that runs share one row, and every variant its own', () => {
  const rows = summarise(results).filter(({ dataset }) => dataset === 'test');
  expect(rows.map(({ method, recipe, vary, mean }) => [method, recipe, vary, mean])).toEqual([
    ['SFT', 'sft', {}, 0.2],
    ['SIPF 1', 'sipf', { lambda: 0.1 }, 0.9],
    ['SIPF 1', 'sipf', { lambda: 1 }, expect.closeTo(0.65)],
  ]);
  expect(rows[2]?.seeds.map(({ seed }) => seed)).toEqual([1, 2]);
  expect(rows[2]?.deviation).toBeCloseTo(Math.sqrt(0.005));
});

it('chooses by validation, never by the test', () => {
  const rows = summarise(results);
  const chosen = chooseVariants(rows);
  expect(chosen).toEqual([{ recipe: 'sipf', vary: { lambda: 1 }, validation: 0.6 }]);
  const main = chosenRows(rows, chosen).filter(({ dataset }) => dataset === 'test');
  expect(main.map(({ method, mean }) => [method, mean])).toEqual([
    ['SFT', 0.2],
    ['SIPF 1', expect.closeTo(0.65)],
  ]);
});

it('compares the last models question by question, each seed alone and all together', async () => {
  const rows = summarise(results);
  const main = chosenRows(rows, chooseVariants(rows));
  // SIPF answers all that SFT answers and every third question more; another seed asks other questions.
  const outcomesOf = ({ model }: { readonly model: string }) =>
    Promise.resolve(
      new Map(
        Array.from({ length: 30 }, (_, id) => [
          `q/${id}`,
          id < 10 || (!model.startsWith('m0') && id % 3 === 0),
        ]),
      ),
    );
  const comparisons = await compareMethods(main, results, outcomesOf);
  expect(comparisons).toHaveLength(1);
  expect(comparisons[0]).toMatchObject({
    first: 'SIPF 1 (lambda=1)',
    second: 'SFT',
    dataset: 'test',
    difference: expect.closeTo(6 / 30) as number,
    seeds: [
      { seed: 1, onlyFirst: 6, onlySecond: 0, pValue: expect.closeTo(2 / 64) as number },
      { seed: 2, onlyFirst: 6, onlySecond: 0, pValue: expect.closeTo(2 / 64) as number },
    ],
  });
  const { low = 0, high = 0 } = comparisons[0] ?? {};
  expect(low).toBeGreaterThan(0.05);
  expect(high).toBeLessThan(0.35);
  const written = { id: 'e', rows, chosen: chooseVariants(rows), comparisons, missing: ['e-rft-s1'] };
  const markdown = renderMarkdown(written);
  expect(markdown).toContain('| SIPF 1 (lambda=1) | 60.0 % | 70.0 % | 65.0 % | 7.1 % |');
  expect(markdown).toContain('| SIPF 1 (lambda=1) - SFT | test | +20.0 |');
  expect(markdown).toContain('Without results: e-rft-s1.');
  expect(renderCsv(written).split('\n')).toContain(
    'SIPF 1,sipf,1,test,lambda=0.1,1,"sipf-1-{""lambda"":0.1}",9,10,0.9,0,1,,',
  );
});
