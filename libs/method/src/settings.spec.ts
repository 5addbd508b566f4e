import { expect, it } from 'vitest';
import { quotaOf } from './quotas.ts';
import { arithmeticMethodSettings, defaultMethodSettings, pathsPerQuestion } from './settings.ts';

it('samples at temperature 1 for math and 0.7 for code, roll-outs alike', () => {
  const temperatures = (['math', 'code'] as const).map((domain) => {
    const { sampling, labelling } = defaultMethodSettings(domain);
    return [sampling.temperature, labelling.temperature];
  });
  expect(temperatures).toEqual([
    [1, 1],
    [0.7, 0.7],
  ]);
});

it('draws 8, 4 and 2 paths a question and keeps them all', () => {
  const settings = arithmeticMethodSettings();
  expect([1, 2, 3].map((iteration) => pathsPerQuestion(iteration, settings))).toEqual([8, 4, 2]);
  expect([1, 2, 3].map((iteration) => quotaOf(iteration, settings.quota).positives)).toEqual([8, 4, 2]);
  expect(pathsPerQuestion(9, settings)).toBe(1);
});

it('raises tau for the arithmetic task and changes nothing else', () => {
  const { labelling, ...others } = arithmeticMethodSettings();
  const { labelling: mathLabelling, ...mathOthers } = defaultMethodSettings('math');
  expect([labelling.tau, mathLabelling.tau]).toEqual([3, 0]);
  expect({ ...labelling, tau: 0 }).toEqual(mathLabelling);
  expect(others).toEqual(mathOthers);
});
