import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { expect, it } from 'vitest';
import { someResult } from '../testing/index.ts';
import { modelAtWork } from './model-at-work.ts';
import { planRun } from './plan-run.ts';

const plan = planRun(parseRunConfig({ ...SMALL_RUN, policy: { model: 'm' }, simulator: { model: 's' } }));
const OUTPUTS = {
  data: { policy: 'given', simulator: 'strong' },
  'sft-0': { model: 'base+first' },
  'train-verifier-1': { model: 'judge' },
  'align-1': { model: 'base+second' },
};
const completed = new Map(
  Object.entries(OUTPUTS).map(([stage, outputs]) => [stage, someResult(stage, { outputs })]),
);
const modelOf = (id: string, state = { completed }): string | undefined => {
  const stage = plan.find((one) => one.id === id);
  if (stage === undefined) throw new TypeError(`${id} is planned`);
  return modelAtWork(stage, state);
};

it.each([
  ['sft-0', 'base+first'],
  ['sample-1', 'base+first'],
  ['label-1', 'strong'],
  ['train-verifier-1', 'judge'],
  ['score-1', 'judge'],
  ['align-1', 'base+second'],
  ['evaluate-0', 'base+first'],
  ['evaluate-1', 'base+second'],
  ['pair-1', undefined],
  ['data', undefined],
])('of %s is %s', (stage, model) => {
  expect(modelOf(stage)).toBe(model);
});

it('is not known before what it comes from is done', () => {
  expect(modelOf('sample-1', { completed: new Map() })).toBeUndefined();
});
