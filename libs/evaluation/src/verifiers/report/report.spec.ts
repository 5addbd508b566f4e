import { createRng } from '@sipf/random';
import { expect, it } from 'vitest';
import type { ScoredPath } from '../labelled-path.ts';
import { evaluateVerifier, type EvaluationSettings } from './evaluate-verifier.ts';
import { figuresOf } from './figures.ts';
import { markdownReport } from './markdown.ts';

const settings: EvaluationSettings = {
  threshold: 0.5,
  calibrationShare: 0,
  aggregation: 'min',
  rng: createRng('report'),
};

/** Two questions, four paths each; a path's last step is wrong where its answer is. */
const paths: readonly ScoredPath[] = Array.from({ length: 8 }, (_, at) => {
  const outcome = at % 4 === 0;
  return {
    question: `q${Math.floor(at / 4)}`,
    steps: ['a', 'b'],
    labels: [true, outcome],
    probabilities: [0.9, outcome ? 0.8 : 0.1 + at / 20],
    outcome,
    answer: outcome ? '4' : '5',
  };
});

it('says everything of a small case that can be counted by hand', () => {
  const report = evaluateVerifier(paths, settings);
  expect(report).toMatchObject({
    paths: 8,
    labelledSteps: 16,
    rightSteps: 10,
    stepAccuracy: 1,
    auc: 1,
    f1: 1,
  });
  expect(report.firstError?.fixed).toMatchObject({ f1: 1, wrongPaths: 6, rightPaths: 2 });
  expect(report.bestOfN.map(({ n, verifier, oracle }) => [n, verifier, oracle])).toEqual([
    [1, expect.closeTo(0.25, 12), expect.closeTo(0.25, 12)],
    [2, expect.closeTo(0.5, 12), expect.closeTo(0.5, 12)],
    [4, 1, 1],
  ]);
  expect(report.bestOfN.at(-1)?.majority).toBe(0);
  expect(report.byPosition.map(({ name, steps }) => [name, steps])).toEqual([
    ['1', 8],
    ['2', 8],
  ]);
  expect(report.byPathLength).toEqual([{ name: '2', steps: 16, accuracy: 1, auc: 1 }]);
});

it('holds an outcome verifier to the same labels, and lets it choose among the same paths', () => {
  // It takes every step for as good as the path, and the first path of a question for the best.
  const judged = paths.map((path, at) => ({
    ...path,
    outcomeProbabilities: Array(2).fill(1 - (at % 4) / 4) as number[],
  }));
  const report = evaluateVerifier(judged, settings);
  expect(report.outcome).toMatchObject({ stepAccuracy: expect.closeTo(10 / 16, 12) as number });
  expect(report.bestOfN.at(-1)).toMatchObject({ verifier: 1, outcomeVerifier: 1, majority: 0 });
  const text = markdownReport(report);
  expect(text).toContain('| process (PRM) | 100.0 % | 1.000 | 100.0 % |');
  expect(text).toContain('| outcome (ORM) | 62.5 % |');
  expect(text).toContain('| n | questions | verifier | outcome verifier | majority vote | any right |');
  expect(figuresOf(report).get('best-of-n.svg')).toContain('outcome verifier');
  const some = evaluateVerifier([...judged.slice(1), ...paths.slice(0, 1)], settings);
  expect(some.outcome).toBeUndefined();
  expect(markdownReport(some)).not.toContain('outcome');
});

it('fits the temperature on paths that the report is not about', () => {
  const report = evaluateVerifier(paths, { ...settings, calibrationShare: 0.5 });
  expect(report.paths).toBe(4);
  expect(report.scaled?.temperature).toBeLessThan(1);
  expect(report.scaled?.calibration.logLoss).toBeLessThan(report.calibration.logLoss);
});

it('refuses data without labels', () => {
  const blind = paths.map((path) => ({ ...path, labels: [undefined, undefined] }));
  expect(() => evaluateVerifier(blind, settings)).toThrow('no step of the data has a label');
});

it('writes tables, a dash where there is no number', () => {
  const text = markdownReport(evaluateVerifier(paths, settings));
  expect(text).toContain('| 8 | 16 | 62.5 % | 100.0 % at 0.5 | 1.000 | 100.0 % at 0.5 | 100.0 % at 0.800 |');
  expect(text).toContain('| 4 | 2 | 100.0 % | 0.0 % | 100.0 % |');
  expect(text).toContain('| 1 | 8 | 100.0 % | - |');
  const unjudged = paths.map((path) => ({ ...path, outcome: undefined }));
  expect(markdownReport(evaluateVerifier(unjudged, settings))).not.toContain('Best of n');
});

it('draws what the data has', () => {
  const figures = figuresOf(evaluateVerifier(paths, settings));
  expect([...figures.keys()]).toEqual(['reliability.svg', 'roc.svg', 'by-position.svg', 'best-of-n.svg']);
  for (const svg of figures.values()) {
    expect(svg).toMatch(/^<svg xmlns=[^]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  }
});
