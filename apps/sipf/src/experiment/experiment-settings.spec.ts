import { recipes } from '@sipf/method';
import { expect, it } from 'vitest';
import { experimentSettings } from './experiment-settings.ts';

const none = { vary: [], alternatives: [] };

it('runs all methods with the seed of the configuration, by default', () => {
  expect(experimentSettings(undefined, none)).toEqual({
    methods: [...recipes.keys()],
    isNamed: false,
    seeds: undefined,
    vary: {},
    alternatives: [],
    settings: {},
  });
});

it('lets flags go before the section, each for itself', () => {
  const section = { methods: ['sft', 'rft'], seeds: [1, 2], vary: { 'alignment.lambda': [0.1, 1] } };
  const flags = { ...none, methods: 'sipf, sft', vary: ['sft.learningRate=5e-5,1e-4'] };
  expect(experimentSettings(section, flags)).toMatchObject({
    methods: ['sipf', 'sft'],
    isNamed: true,
    seeds: [1, 2],
    vary: { 'alignment.lambda': [0.1, 1], 'sft.learningRate': [5e-5, 1e-4] },
  });
  expect(experimentSettings(section, { ...none, methods: 'all', seeds: '3,3,4' })).toMatchObject({
    isNamed: false,
    seeds: [3, 4],
  });
});

it('tries the alternatives of the section and of the flags', () => {
  const section = { alternatives: [{ 'pairs.level': 'step', 'pairs.margin': 0.1 }] };
  const flags = { ...none, alternatives: ['verifier.denoising={minAgreement: 0.75}'] };
  expect(experimentSettings(section, flags).alternatives).toEqual([
    { 'pairs.level': 'step', 'pairs.margin': 0.1 },
    { 'verifier.denoising': { minAgreement: 0.75 } },
  ]);
});

it.each([
  [{ ...none, methods: 'magic' }, 'no recipe is called "magic"'],
  [{ ...none, seeds: '1,x' }, '--seeds 1,x: must be whole numbers'],
  [{ ...none, vary: ['alignment.lambda'] }, '--vary alignment.lambda: must be key=value,value'],
  [{ ...none, vary: ['a b=1'] }, '"a b" is not a key'],
  [{ ...none, alternatives: ['pairs.level'] }, 'pairs.level'],
])('refuses %o', (flags, message) => {
  expect(() => experimentSettings(undefined, flags)).toThrow(message);
});

it('names what is wrong in the section', () => {
  const wrong = { seeds: [-1], vary: { 'alignment.lambda': [] } };
  expect(() => experimentSettings(wrong, none)).toThrow('the experiment section is wrong');
  expect(() => experimentSettings({ settings: { magic: {} } }, none)).toThrow('no recipe is called "magic"');
});
