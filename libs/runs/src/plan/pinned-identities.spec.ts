import { canonicalBytes, digestBytes } from '@sipf/artifacts';
import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { recipeNamed, recipes } from '@sipf/method';
import { expect, it } from 'vitest';
import { planRun } from './plan-run.ts';
import { stageIdentity } from './stage-identity.ts';
import { STAGE_KINDS } from './stage-kinds.ts';

const optimisation = { learningRate: 1e-3 };
const iterations = 2;
const evaluation = { maxNewTokens: 8, validationQuestions: 3, samples: { count: 2 } };
/** Runs in which every kind of stage has every form of its identity. */
const RUNS = {
  plain: {},
  evaluated: { iterations, continuedSftEpochs: 2, evaluation },
  fromPolicy: { iterations, simulator: { model: 'policy' }, verifier: { optimisation, base: 'policy' } },
  fromSft: { iterations, alignment: { optimisation, initialise: 'sft' }, tuning: { initialise: 'sft' } },
};

/** Only a model that was trained before can be asked as it is. */
const policyOf = (method: string): object =>
  recipeNamed(method).setup[0]?.kind === 'evaluate'
    ? { policy: { model: 'm' }, task: { name: 'gsm8k', train: 'a', test: 'b', exemplars: 'c' } }
    : {};

/** What every stage of a recipe's runs is called by who shares it, each stage leaving a digest of its own name. */
function identitiesOf(method: string): string {
  const identities = Object.values(RUNS).flatMap((changes) => {
    const config = parseRunConfig({ ...SMALL_RUN, ...policyOf(method), method, ...changes });
    // No verifier here has a base of its own, which is put into the store for those alone.
    const names = Object.keys(STAGE_KINDS.data.outputs.shape).filter((name) => name !== 'verifierBase');
    const data = Object.fromEntries(names.map((name) => [name, name]));
    return planRun(config).map((stage) => {
      const identity = stageIdentity(stage, config, (id) => (id === 'data' ? data : { all: id }));
      return identity === undefined ? stage.id : (JSON.parse(JSON.stringify(identity)) as unknown);
    });
  });
  return digestBytes(canonicalBytes(identities)).slice('sha256:'.length, 'sha256:'.length + 12);
}

/** By method; kept by hand. */
const PINNED = {
  cot: '8f0dd486982f',
  'cot-zero-shot': '3beb1d5d05d5',
  prft: '46f8bbe90a31',
  'prft-iterated': 'd2e7212fc159',
  psrf: '90b03ba2942c',
  rft: '1b4804cb25cd',
  'rft-iterated': '61d1650b701a',
  rpo: 'ac23389d0de9',
  sft: '5c875bf3db59',
  'sft-continued': '9f10296071db',
  siof: '500c2dac17cf',
  sipf: '3499fcf05132',
  'sipf-orm': '3413855f6345',
  'sipf-without-both': '8459fbc31227',
  'sipf-without-odds-ratio': '9f99c9010b5f',
  'sipf-without-process': '2f91e995ea46',
  srf: '5d51a10bc7f3',
  star: 'b92d3ca5ab21',
};

it('calls every stage what it was called, so that what runs have computed is found again', () => {
  const found = Object.fromEntries([...recipes.keys()].map((method) => [method, identitiesOf(method)]));
  // A change here computes everything again that is shared: it belongs to a raised version, or to a new setting with a default.
  expect(found).toEqual(PINNED);
});
